/** The second factor: set up by a picture and a first code, ended by password and code. */
import { Alert, Button, Group, PasswordInput, Stack, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Failed, Loading } from '@/components/panel'
import { Secret } from '@/components/secret'
import { errorText } from '@/lib/api/problem'
import { keys } from '@/lib/keys'
import { useServices, useTime } from '@/lib/services'
import type { SecondFactorStarted, SecondFactorView } from '@/protocol/generated'

export function SecondFactor({ demo }: { readonly demo: boolean }) {
  const { api } = useServices()
  const client = useQueryClient()
  const factor = useQuery({ queryKey: keys.secondFactor, queryFn: ({ signal }) => api.secondFactor(signal), enabled: !demo })
  const [started, setStarted] = useState<SecondFactorStarted | null>(null)
  const changed = (view: SecondFactorView) => {
    setStarted(null)
    client.setQueryData(keys.secondFactor, view)
  }
  if (demo) return <p className="muted">The demo user signs in by the printed password alone.</p>
  if (factor.isError && factor.data === undefined) return <Failed error={factor.error} retry={() => void factor.refetch()} />
  if (factor.data === undefined) return <Loading rows={2} />
  if (factor.data.since !== null) return <On since={factor.data.since} onChanged={changed} />
  if (started !== null) return <Confirm started={started} onCancel={() => setStarted(null)} onChanged={changed} />
  return <Off onStarted={setStarted} />
}

function Off({ onStarted }: { readonly onStarted: (started: SecondFactorStarted) => void }) {
  const { api } = useServices()
  const start = useMutation({ mutationFn: () => api.startSecondFactor(), onSuccess: onStarted })
  return (
    <Stack gap="md" data-testid="second-factor" data-state="off">
      <p>Off. With it, signing in also needs a code of an authenticator app. Who is signed in can always stop trading without a code.</p>
      {start.error && <Alert color="red" role="alert">{errorText(start.error)}</Alert>}
      <Group><Button variant="default" loading={start.isPending} onClick={() => start.mutate()} data-testid="second-factor-start">Set it up</Button></Group>
    </Stack>
  )
}

interface ConfirmProps {
  readonly started: SecondFactorStarted
  readonly onCancel: () => void
  readonly onChanged: (view: SecondFactorView) => void
}

function Confirm({ started, onCancel, onChanged }: ConfirmProps) {
  const { api } = useServices()
  const [code, setCode] = useState('')
  const confirm = useMutation({ mutationFn: () => api.confirmSecondFactor(code), onSuccess: onChanged })
  return (
    <form data-testid="second-factor" data-state="started" onSubmit={(event) => { event.preventDefault(); if (!confirm.isPending) confirm.mutate() }}>
      <Stack gap="md">
        <p>Scan the picture with an authenticator app, or type the secret into it. Then type the code that it shows. <strong>Keep the secret in a safe place</strong>: without it a lost phone means that whoever runs the server has to let you in.</p>
        <Secret picture={started.uri} title="QR code for the authenticator app" text={started.secret} testId="second-factor-secret" />
        <TextInput label="Code" inputMode="numeric" autoComplete="one-time-code" maxLength={12} value={code} onChange={(event) => setCode(event.currentTarget.value)} data-testid="second-factor-code" />
        {confirm.error && <Alert color="red" role="alert" data-testid="second-factor-error">{errorText(confirm.error)}</Alert>}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onCancel}>Cancel</Button>
          <Button type="submit" loading={confirm.isPending} disabled={code.trim() === ''} data-testid="second-factor-confirm">Switch it on</Button>
        </Group>
      </Stack>
    </form>
  )
}

function On({ since, onChanged }: { readonly since: string; readonly onChanged: (view: SecondFactorView) => void }) {
  const { api } = useServices()
  const time = useTime()
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const stop = useMutation({ mutationFn: () => api.stopSecondFactor(password, code), onSuccess: onChanged })
  return (
    <form data-testid="second-factor" data-state="on" onSubmit={(event) => { event.preventDefault(); if (!stop.isPending) stop.mutate() }}>
      <Stack gap="md">
        <p>On since {time.full(since)} {time.label}. To switch it off, give your password and the present code.</p>
        <PasswordInput label="Password" autoComplete="current-password" value={password} onChange={(event) => setPassword(event.currentTarget.value)} data-testid="second-factor-password" />
        <TextInput label="Code" inputMode="numeric" autoComplete="one-time-code" maxLength={12} value={code} onChange={(event) => setCode(event.currentTarget.value)} data-testid="second-factor-code" />
        {stop.error && <Alert color="red" role="alert" data-testid="second-factor-error">{errorText(stop.error)}</Alert>}
        <Group justify="flex-end"><Button type="submit" color="red" variant="light" loading={stop.isPending} disabled={password === '' || code.trim() === ''} data-testid="second-factor-stop">Switch it off</Button></Group>
      </Stack>
    </form>
  )
}
