import { Button } from '@mantine/core'

interface Props {
  readonly query: {
    readonly hasNextPage: boolean
    readonly isFetchingNextPage: boolean
    readonly fetchNextPage: () => unknown
  }
}

export function LoadMore({ query }: Props) {
  if (!query.hasNextPage) return null
  return (
    <div style={{ display: 'grid', placeItems: 'center', padding: 12, borderTop: '1px solid var(--line)' }}>
      <Button size="xs" variant="default" loading={query.isFetchingNextPage} onClick={() => { query.fetchNextPage() }} data-testid="load-more">Load more</Button>
    </div>
  )
}
