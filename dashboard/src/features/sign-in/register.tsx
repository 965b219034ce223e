import { Alert, Anchor, Button, PasswordInput, Stack, TextInput } from '@mantine/core'
import { IconCheck, IconPointFilled } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { errorText } from '@/lib/api/problem'
import { useServices } from '@/lib/services'
import { isEmail, passwordRules } from './rules'
import css from './sign-in.module.css'

interface Props {
  readonly onRegistered: () => void
  readonly onBack: () => void
}

export function Register({ onRegistered, onBack }: Props) {
  const { api } = useServices()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const register = useMutation({
    mutationFn: () => api.register(email.trim(), password),
    onSuccess: onRegistered,
    networkMode: 'always',
  })
  const rules = passwordRules(password)
  const ready = isEmail(email) && rules.every((rule) => rule.met)
  return (
    <form
      className={css.card} data-testid="register-form" noValidate
      onSubmit={(event) => { event.preventDefault(); if (ready && !register.isPending) register.mutate() }}
    >
      <Stack gap="md">
        <div>
          <h1>Create an account</h1>
          <p className="muted">At this server. Your broker’s and Telegram’s keys stay with the desktop app.</p>
        </div>
        {register.error && <Alert color="red" role="alert" data-testid="register-error">{errorText(register.error)}</Alert>}
        <TextInput
          label="E-mail" type="email" name="email" autoComplete="username" autoFocus
          value={email} onChange={(event) => setEmail(event.currentTarget.value)} data-testid="register-email"
        />
        <div>
          <PasswordInput
            label="Password" name="password" autoComplete="new-password" aria-describedby="password-rules"
            value={password} onChange={(event) => setPassword(event.currentTarget.value)} data-testid="register-password"
          />
          <ul id="password-rules" className={`${css.rules} plain-list`} data-testid="password-rules">
            {rules.map((rule) => (
              <li key={rule.text} data-met={rule.met}>
                {rule.met ? <IconCheck size={13} aria-hidden /> : <IconPointFilled size={13} aria-hidden />} {rule.text}
                {rule.met && <span className="visually-hidden">, met</span>}
              </li>
            ))}
          </ul>
        </div>
        <Button type="submit" size="md" loading={register.isPending} disabled={!ready} data-testid="register-submit">Create the account</Button>
        <Anchor component="button" type="button" onClick={onBack} data-testid="back-to-sign-in">I have an account: sign in</Anchor>
      </Stack>
    </form>
  )
}
