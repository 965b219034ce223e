import { useRouter, useSearch } from '@tanstack/react-router'
import { SignIn } from '@/features/sign-in/sign-in'
import { useServices } from '@/lib/services'

export function SignInPage() {
  const { queries } = useServices()
  const router = useRouter()
  const { next } = useSearch({ from: '/sign-in' })
  const enter = (path: string) => {
    queries.clear()
    router.history.push(path)
  }
  return <SignIn onSignedIn={() => enter(next)} onRegistered={() => enter('/')} />
}
