/** The form of how a channel writes: words by role, names of symbols, price style, pips, and import of a proposal. */
import { ActionIcon, Alert, Button, FileButton, Select, TagsInput, Textarea, TextInput } from '@mantine/core'
import { IconPlus, IconX } from '@tabler/icons-react'
import { useState } from 'react'
import { merged, MORE_ROLES, type Profile, readProposal, type Role, ROLES, type Row, STYLES } from './profile'
import css from './providers.module.css'
import type { Rules } from './rules'

interface Props {
  readonly rules: Rules
  readonly set: (change: Partial<Rules>) => void
  /** What the server found wrong, by field. */
  readonly errors: Readonly<Record<string, string>>
}

export function ProfileFields({ rules, set, errors }: Props) {
  const profile = rules.profile
  const change = (part: Partial<Profile>) => set({ profile: { ...profile, ...part } })
  const setWords = (role: string, words: readonly string[]) => change({ words: { ...profile.words, [role]: words } })
  const more = MORE_ROLES.filter((role) => (profile.words[role.id] ?? []).length > 0).length
  const unknown = Object.keys(profile.words).filter((id) => ![...ROLES, ...MORE_ROLES].some((role) => role.id === id))
  const words = (role: Role) => <Words key={role.id} role={role} words={profile.words[role.id] ?? []} error={errors[`words.${role.id}`]} onChange={(next) => setWords(role.id, next)} />
  return (
    <>
      <fieldset className={css.fields}>
        <legend>Words of its own</legend>
        <p className="muted">Read as if a language had them, in any case and lettering. Enter adds one.</p>
        {ROLES.map(words)}
        {unknown.map((id) => words({ id, label: id, example: '' }))}
        <details open={more > 0}>
          <summary>More kinds of words{more > 0 ? ` (${more} in use)` : ''}</summary>
          <div className={css.more}>{MORE_ROLES.map(words)}</div>
        </details>
      </fieldset>
      <Rows title="Names of symbols" help="What it writes, and the symbol that it means." add="Add a name" left="The channel writes" right="Symbol" placeholders={['the yellow metal', 'XAUUSD']}
        id="symbol-name" rows={profile.symbols} error={errors['symbols']} onChange={(symbols) => change({ symbols })} />
      <Select label="Prices that can be read in two ways" data={[...STYLES]} value={profile.priceStyle} allowDeselect={false} error={errors['priceStyle']}
        onChange={(next) => { const style = STYLES.find(({ value }) => value === next); if (style) change({ priceStyle: style.value }) }} data-testid="provider-price-style" />
      <Rows title="Pips" help="How much the price moves in what this channel calls a pip, where it differs from the usual (gold 0.1, EURUSD 0.0001)." add="Add a symbol" left="Symbol" right="One pip" placeholders={['XAUUSD', '0.1']}
        id="pip-size" rows={profile.pipSizes} error={errors['pipSizes']} onChange={(pipSizes) => change({ pipSizes })} />
      <Import rules={rules} set={set} />
    </>
  )
}

function Words({ role, words, error, onChange }: { readonly role: Role; readonly words: readonly string[]; readonly error: string | undefined; readonly onChange: (words: string[]) => void }) {
  return (
    <TagsInput label={role.label} placeholder={words.length === 0 ? role.example : ''} value={[...words]} error={error} maxTags={60} acceptValueOnBlur splitChars={[',', ';']} onChange={onChange} data-testid={`provider-role-${role.id}`} />
  )
}

interface RowsProps {
  readonly title: string
  readonly help: string
  readonly add: string
  readonly left: string
  readonly right: string
  readonly placeholders: readonly [string, string]
  readonly id: string
  readonly rows: readonly Row[]
  readonly error: string | undefined
  readonly onChange: (rows: Row[]) => void
}

function Rows({ title, help, add, left, right, placeholders, id, rows, error, onChange }: RowsProps) {
  const put = (at: number, part: Partial<Row>) => onChange(rows.map((row, place) => (place === at ? { ...row, ...part } : row)))
  return (
    <fieldset className={css.fields}>
      <legend>{title}</legend>
      <p className="muted">{help}</p>
      {rows.map((row, at) => (
        <div key={at} className={css.pair} data-testid={`${id}-row`}>
          <TextInput aria-label={`${left}, ${at + 1}`} placeholder={placeholders[0]} value={row.left} maxLength={80} onChange={(event) => put(at, { left: event.currentTarget.value })} data-testid={`${id}-left`} />
          <TextInput aria-label={`${right}, ${at + 1}`} placeholder={placeholders[1]} value={row.right} maxLength={40} onChange={(event) => put(at, { right: event.currentTarget.value })} data-testid={`${id}-right`} />
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`Remove ${row.left || `row ${at + 1}`}`} onClick={() => onChange(rows.filter((_, place) => place !== at))}><IconX size={15} /></ActionIcon>
        </div>
      ))}
      {error !== undefined && <span className="down" role="alert">{error}</span>}
      <Button size="xs" variant="default" className={css.read} leftSection={<IconPlus size={14} />} onClick={() => onChange([...rows, { left: '', right: '' }])} data-testid={`${id}-add`}>{add}</Button>
    </fieldset>
  )
}

function Import({ rules, set }: Pick<Props, 'rules' | 'set'>) {
  const [text, setText] = useState('')
  const [told, setTold] = useState<{ readonly good: boolean; readonly text: string } | null>(null)
  const take = (from: string) => {
    try {
      const { profile, defaultSymbol, ignoreWords } = readProposal(from)
      set({
        profile: merged(rules.profile, profile),
        ignoreWords: [...new Set([...rules.ignoreWords, ...ignoreWords])],
        ...(defaultSymbol === null ? {} : { defaultSymbol }),
      })
      setText('')
      setTold({ good: true, text: 'Taken into the form, not saved yet: look at each part, try a message, then save.' })
    } catch (why) {
      setTold({ good: false, text: why instanceof Error ? why.message : String(why) })
    }
  }
  return (
    <details data-testid="profile-import">
      <summary>Import a proposed profile</summary>
      <div className={css.more}>
        <Textarea label="Profile as JSON" description="What “signalos parse --learn result.json” wrote from the channel’s history." minRows={3} maxRows={10} autosize value={text} onChange={(event) => setText(event.currentTarget.value)} data-testid="profile-json" />
        <span className="row">
          <Button size="xs" variant="default" disabled={text.trim() === ''} onClick={() => take(text)} data-testid="profile-take">Take it into the form</Button>
          <FileButton accept="application/json,.json" onChange={(file) => { if (file) void file.text().then(take) }}>
            {(props) => <Button {...props} size="xs" variant="subtle">Choose a file</Button>}
          </FileButton>
        </span>
        {told !== null && <Alert color={told.good ? 'teal' : 'red'} role={told.good ? 'status' : 'alert'} data-testid="profile-told">{told.text}</Alert>}
      </div>
    </details>
  )
}
