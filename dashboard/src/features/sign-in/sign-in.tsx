import { Alert, Anchor, Button, PasswordInput, Stack, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { Mark } from '@/components/brand'
import { ApiError, errorText } from '@/lib/api/problem'
import { useServices } from '@/lib/services'
import { Register } from './register'
import css from './sign-in.module.css'

interface Props {
  readonly onSignedIn: () => void
  readonly onRegistered: () => void
}

export function SignIn({ onSignedIn, onRegistered }: Props) {
  const [registering, setRegistering] = useState(false)
  return (
    <main className={css.page}>
      <div className={css.box}>
        <div className={css.brand}><Mark size={34} /> SignalOS</div>
        {registering
          ? <Register onRegistered={onRegistered} onBack={() => setRegistering(false)} />
          : <Form onSignedIn={onSignedIn} onRegister={() => setRegistering(true)} />}
        {!registering && <p className={css.hint}>The demo’s address and password are printed in the terminal where SignalOS was started.</p>}
      </div>
    </main>
  )
}

function Form({ onSignedIn, onRegister }: { readonly onSignedIn: () => void; readonly onRegister: () => void }) {
  const { api } = useServices()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const [withCode, setWithCode] = useState(false)
  const login = useMutation({
    mutationFn: () => api.login(email.trim(), password, code.trim() || null),
    onSuccess: onSignedIn,
    onError: (error) => { if (error instanceof ApiError && error.code.startsWith('totp_')) setWithCode(true) },
    networkMode: 'always',
  })
  const error = login.error
  const locked = error instanceof ApiError && error.status === 429
  const asked = error instanceof ApiError && error.code === 'totp_required'

  return (
    <form
      className={css.card} data-testid="sign-in-form" noValidate
      onSubmit={(event) => { event.preventDefault(); login.mutate() }}
    >
      <Stack gap="md">
        <div>
          <h1>Sign in</h1>
          <p className="muted">Watch and stop what your channels trade.</p>
        </div>
        {error && (
          <Alert color={locked ? 'yellow' : asked ? 'teal' : 'red'} role="alert" data-testid="sign-in-error" title={locked ? 'Locked for now' : undefined}>
            {errorText(error)}
          </Alert>
        )}
        <TextInput
          label="E-mail" type="email" name="email" autoComplete="username" required withAsterisk={false} autoFocus
          value={email} onChange={(event) => setEmail(event.currentTarget.value)} data-testid="sign-in-email"
        />
        <PasswordInput
          label="Password" name="password" autoComplete="current-password" required withAsterisk={false}
          value={password} onChange={(event) => setPassword(event.currentTarget.value)} data-testid="sign-in-password"
        />
        {withCode && (
          <TextInput
            label="Code of your authenticator app" name="totp" inputMode="numeric" autoComplete="one-time-code" autoFocus
            value={code} onChange={(event) => setCode(event.currentTarget.value)} data-testid="sign-in-totp"
          />
        )}
        <Button type="submit" size="md" loading={login.isPending} disabled={email.trim() === '' || password === ''} data-testid="sign-in-submit">
          Sign in
        </Button>
        <Anchor component="button" type="button" onClick={onRegister} data-testid="create-account">Create an account</Anchor>
      </Stack>
    </form>
  )
}
