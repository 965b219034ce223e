import type { QueryClient } from '@tanstack/react-query'
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from '@tanstack/react-router'
import type { Api } from '@/lib/api/endpoints'
import { ApiError } from '@/lib/api/problem'
import { keys } from '@/lib/keys'
import { safeNext } from './safe-next'
import { NotFound, Shell } from './shell'
import { SignInPage } from './sign-in-page'

interface RouterContext {
  readonly queries: QueryClient
  readonly api: Api
}

const root = createRootRouteWithContext<RouterContext>()({ component: Outlet, notFoundComponent: NotFound })

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (search): { next: string } => ({ next: safeNext(search['next']) }),
  component: SignInPage,
})

const shell = createRoute({
  getParentRoute: () => root,
  id: 'shell',
  beforeLoad: async ({ context, location }) => {
    try {
      await context.queries.query({ queryKey: keys.me, queryFn: ({ signal }) => context.api.me(signal), staleTime: 'static' })
    } catch (error) {
      // Without an answer the page itself says what is wrong; only a clear refusal leads to the sign-in.
      if (error instanceof ApiError && error.status === 401) throw redirect({ to: '/sign-in', search: { next: location.href } })
    }
  },
  component: Shell,
})

const page = <const Path extends string>(path: Path, component: ReturnType<typeof lazyRouteComponent>) =>
  createRoute({ getParentRoute: () => shell, path, component })

const routes = root.addChildren([
  signIn,
  shell.addChildren([
    page('/', lazyRouteComponent(() => import('@/features/overview/overview'), 'OverviewPage')),
    page('/signals', lazyRouteComponent(() => import('@/features/signals/signals'), 'SignalsPage')),
    page('/signals/$id', lazyRouteComponent(() => import('@/features/signals/signal'), 'SignalPage')),
    page('/trades', lazyRouteComponent(() => import('@/features/trades/trades'), 'TradesPage')),
    page('/providers', lazyRouteComponent(() => import('@/features/providers/providers'), 'ProvidersPage')),
    page('/providers/$id', lazyRouteComponent(() => import('@/features/providers/provider'), 'ProviderPage')),
    page('/strategies', lazyRouteComponent(() => import('@/features/strategies/strategies'), 'StrategiesPage')),
    page('/strategies/$id', lazyRouteComponent(() => import('@/features/strategies/strategy'), 'StrategyPage')),
    page('/analytics', lazyRouteComponent(() => import('@/features/analytics/analytics'), 'AnalyticsPage')),
    page('/terminals', lazyRouteComponent(() => import('@/features/terminals/terminals'), 'TerminalsPage')),
    page('/pair', lazyRouteComponent(() => import('@/features/terminals/pair'), 'PairPage')),
    page('/settings', lazyRouteComponent(() => import('@/features/settings/settings'), 'SettingsPage')),
    page('/logs', lazyRouteComponent(() => import('@/features/logs/logs'), 'LogsPage')),
    page('/about', lazyRouteComponent(() => import('@/features/about/about'), 'AboutPage')),
  ]),
])

export function createAppRouter(context: RouterContext) {
  return createRouter({ routeTree: routes, context, defaultPreload: 'intent', scrollRestoration: true })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>
  }
}
