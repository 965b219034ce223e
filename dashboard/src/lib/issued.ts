/** Commands given from this page, until their end has been announced: id -> what it was. */
export class Issued {
  private readonly names = new Map<string, string>()
  private readonly listeners = new Set<() => void>()
  private list: readonly string[] = []

  add(id: string, name: string): void {
    this.names.set(id, name)
    this.changed()
  }

  name(id: string): string | undefined {
    return this.names.get(id)
  }

  remove(id: string): void {
    this.names.delete(id)
    this.changed()
  }

  ids = (): readonly string[] => this.list

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  private changed(): void {
    this.list = [...this.names.keys()]
    this.listeners.forEach((listener) => listener())
  }
}
