/** A sortable table that becomes a list of cards where the screen is narrow. */
import { useMediaQuery } from '@mantine/hooks'
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import {
  type ColumnDef, createSortedRowModel, rowSortingFeature, sortFn_basic, sortFn_text, tableFeatures, useTable,
} from '@tanstack/react-table'
import { type HTMLAttributes, type ReactNode, useMemo } from 'react'
import css from './data-table.module.css'

export interface Column<T> {
  readonly id: string
  readonly header: string
  readonly end?: boolean
  /** What the column is sorted by; without it the column cannot be sorted. */
  readonly by?: (row: T) => string | number | null
  readonly cell: (row: T) => ReactNode
}

interface Props<T> {
  readonly label: string
  readonly rows: T[]
  readonly columns: readonly Column<T>[]
  readonly rowKey: (row: T) => string
  readonly rowProps?: (row: T) => HTMLAttributes<HTMLElement> & Record<`data-${string}`, string | number | undefined>
  /** The row on a narrow screen. */
  readonly card: (row: T) => ReactNode
  /** The card brings its own padding and lines. */
  readonly bareCards?: boolean
}

const features = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns: { basic: sortFn_basic, text: sortFn_text },
})

export const useNarrow = () => useMediaQuery('(max-width: 820px)', window.matchMedia('(max-width: 820px)').matches)

export function DataTable<T extends object>({ label, rows, columns, rowKey, rowProps, card, bareCards = false }: Props<T>) {
  const narrow = useNarrow()
  const definitions = useMemo(
    () =>
      columns.map((column): ColumnDef<typeof features, T> => ({
        id: column.id,
        header: column.header,
        // Undefined sorts last in both directions: a price that is not known is neither high nor low.
        accessorFn: (row) => column.by?.(row) ?? undefined,
        enableSorting: column.by !== undefined,
        sortUndefined: 'last',
        sortFn: 'basic',
      })),
    [columns],
  )
  const table = useTable({ features, columns: definitions, data: rows, getRowId: rowKey })
  const sorted = table.getRowModel().rows

  if (narrow) {
    return (
      <ul className={`${css.cards} plain-list`} aria-label={label}>
        {sorted.map((row) => (
          <li key={row.id} className={bareCards ? undefined : css.card} {...(bareCards ? {} : rowProps?.(row.original))}>{card(row.original)}</li>
        ))}
      </ul>
    )
  }
  return (
    <div className={css.scroll} role="region" aria-label={label} tabIndex={0}>
      <table className={css.table} aria-label={label}>
        <thead>
          <tr>
            {table.getFlatHeaders().map((header, at) => {
              const direction = header.column.getIsSorted()
              const end = columns[at]?.end ? css.end : undefined
              const title = columns[at]?.header
              return (
                <th key={header.id} scope="col" className={end} aria-sort={direction === false ? undefined : direction === 'asc' ? 'ascending' : 'descending'}>
                  {header.column.getCanSort() ? (
                    <button type="button" className={`${css.sort} ${direction ? css.sorted : ''}`} onClick={header.column.getToggleSortingHandler()}>
                      {title}
                      {direction === 'asc' && <IconArrowUp size={12} aria-hidden />}
                      {direction === 'desc' && <IconArrowDown size={12} aria-hidden />}
                    </button>
                  ) : title === '' ? <span className="visually-hidden">Actions</span> : title}
                </th>
              )
            })}
          </tr>
        </thead>
        <tbody>
          {sorted.map((row) => (
            <tr key={row.id} {...rowProps?.(row.original)}>
              {columns.map((column) => (
                <td key={column.id} className={column.end ? css.end : undefined}>{column.cell(row.original)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
