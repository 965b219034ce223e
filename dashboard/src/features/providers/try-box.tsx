/** Reads a text as the channel's next message: what would be traded, and from which characters. */
import { Button, Textarea } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Failed } from '@/components/panel'
import { MarkedText } from '@/components/signals/marked-text'
import { SignalHeadline } from '@/components/signals/signal-row'
import { levelsText, reasonText } from '@/components/signals/words'
import { sentence } from '@/lib/format'
import { keys } from '@/lib/keys'
import { useServices } from '@/lib/services'
import type { ProviderSettings, ProviderView, TriedAction, TriedMessage } from '@/protocol/generated'
import css from './providers.module.css'

const PAUSE_MS = 600
const LONGEST = 20_000

interface Props {
  readonly provider: ProviderView
  /** The form's settings where they differ from the saved ones: the text is read by them. */
  readonly unsaved: ProviderSettings | null
}

export function TryBox({ provider, unsaved }: Props) {
  const { api } = useServices()
  const [text, setText] = useState('')
  const [paused] = useDebouncedValue(text, PAUSE_MS)
  const [settings] = useDebouncedValue(unsaved === null ? '' : JSON.stringify(unsaved), PAUSE_MS)
  const [pressed, setPressed] = useState('')
  // "Read it" does not wait for the pause in typing.
  const wanted = pressed === text ? pressed : paused
  const tried = useQuery({
    queryKey: keys.tried(provider.id, wanted, settings),
    queryFn: async ({ signal }) => ({ text: wanted, answer: await api.tryMessage(wanted, provider.id, settings === '' ? null : (JSON.parse(settings) as ProviderSettings), signal) }),
    enabled: wanted.trim() !== '',
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 0,
  })
  const read = () => {
    if (pressed === text) void tried.refetch()
    else setPressed(text)
  }
  return (
    <form className={css.try} onSubmit={(event) => { event.preventDefault(); if (text.trim() !== '') read() }}>
      <Textarea label="Message" placeholder={'BUY GOLD NOW\nSL 1290\nTP 1310'} minRows={4} maxRows={14} autosize maxLength={LONGEST} value={text} onChange={(event) => setText(event.currentTarget.value)} data-testid="try-text" />
      <Button size="xs" type="submit" className={css.read} loading={tried.isFetching} disabled={text.trim() === ''} data-testid="try-read">Read it</Button>
      {settings !== '' && text.trim() !== '' && <p className="muted" data-testid="try-unsaved">Read by the rules in the form, which are not saved yet.</p>}
      <div role="status" aria-live="polite">
        {text.trim() === '' ? null
          : tried.isError ? <Failed error={tried.error} />
          : tried.data === undefined ? null
          : <Answer text={tried.data.text} answer={tried.data.answer} />}
      </div>
    </form>
  )
}

function Answer({ text, answer }: { readonly text: string; readonly answer: TriedMessage }) {
  const spans = answer.actions.flatMap((action) => action.spans)
  return (
    <div className={css.answer} data-testid="try-answer" data-reason={answer.reason}>
      {answer.actions.length === 0
        ? <p className={css.verdict} data-verdict="refuse">{sentence(answer.words)}.</p>
        : answer.actions.map((action, at) => <Action key={at} action={action} />)}
      {answer.actions.length > 0 && answer.reason !== '' && (
        <p className={css.verdict} data-verdict="refuse">Nothing would be opened: {reasonText(answer.reason).toLowerCase()}.</p>
      )}
      {answer.notes.length > 0 && <ul className={css.notes} data-testid="try-notes">{answer.notes.map((note) => <li key={note}>{note}</li>)}</ul>}
      <MarkedText text={text} spans={spans} testId="try-marked" />
    </div>
  )
}

function Action({ action }: { readonly action: TriedAction }) {
  const why = action.action === 'reject' && typeof action.details['text'] === 'string' ? action.details['text'] : ''
  return (
    <p className={css.action} data-testid="try-action" data-action={action.action}>
      <SignalHeadline signal={action} />
      <span>{why || levelsText(action)}</span>
      <span className="muted push nowrap" title="How sure the reading is">{Math.round(action.confidence * 100)} % sure</span>
    </p>
  )
}
