/** Earlier versions of a strategy: what each changed, and a way back. */
import { Button } from '@mantine/core'
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { When } from '@/components/figures'
import { LoadMore } from '@/components/load-more'
import { Failed, Loading, Panel } from '@/components/panel'
import { errorText } from '@/lib/api/problem'
import { keys } from '@/lib/keys'
import { useServices } from '@/lib/services'
import type { BlockView, StrategyView } from '@/protocol/generated'
import { differences, readValues } from './document'
import css from './strategies.module.css'

export function History({ strategy, blocks }: { readonly strategy: StrategyView; readonly blocks: readonly BlockView[] }) {
  const { api } = useServices()
  const client = useQueryClient()
  const versions = useInfiniteQuery({
    queryKey: keys.strategyVersions(strategy.id, strategy.version),
    queryFn: ({ pageParam, signal }) => api.strategyVersions(strategy.id, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  })
  const restore = useMutation({
    mutationFn: (version: string) => api.restoreStrategy(strategy.id, version),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.strategies }),
  })
  const rows = versions.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <Panel title="Versions" flush>
      {versions.isError && rows.length === 0 ? <Failed error={versions.error} retry={() => void versions.refetch()} />
        : versions.data === undefined ? <Loading rows={3} />
        : (
          <ul className="plain-list">
            {rows.map((version, index) => {
              const older = rows[index + 1]
              const changes = older === undefined ? [] : differences(blocks, readValues(blocks, older.config), readValues(blocks, version.config))
              return (
                <li key={version.version} className={css.row} data-testid="version-row" data-version={version.version}>
                  <strong>Version {version.version}</strong>
                  <When at={version.savedAt} />
                  {version.notes !== '' && <span className="muted">{version.notes}</span>}
                  {version.version !== strategy.version && (
                    <span className="push"><Button size="compact-xs" variant="default" loading={restore.isPending && restore.variables === version.version} onClick={() => restore.mutate(version.version)} data-testid="version-restore">Bring back</Button></span>
                  )}
                  {changes.length > 0 && <ul className={css.changes}>{changes.map((change) => <li key={change.label}>{change.label}: {change.before} → {change.after}</li>)}</ul>}
                </li>
              )
            })}
          </ul>
        )}
      {restore.error && <p className="down" role="alert">{errorText(restore.error)}</p>}
      <LoadMore query={versions} />
    </Panel>
  )
}
