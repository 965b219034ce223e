import '@fontsource-variable/geist/wght.css'
import '@fontsource-variable/geist-mono/wght.css'
import '@mantine/core/styles.css'
import '@mantine/notifications/styles.css'
import './styles/tokens.css'
import './styles/base.css'
import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { setNonce } from 'get-nonce'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { createAppRouter } from './app/router'
import { createServices } from './app/services'
import { theme, variables } from './app/theme'
import { SenderProvider } from './features/control/context'
import { ServicesProvider } from './lib/services'

const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? ''
setNonce(nonce)

const services = createServices(() => {
  services.link.stop()
  const here = router.state.location
  if (here.pathname !== '/sign-in') void router.navigate({ to: '/sign-in', search: { next: here.href } })
})
const router = createAppRouter({ queries: services.queries, api: services.api })
const schemes = localStorageColorSchemeManager({ key: 'signalos-scheme' })

addEventListener('online', () => services.link.nudge())
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') services.link.nudge()
})

const place = document.getElementById('root')
if (place === null) throw new Error('index.html has no element #root')

createRoot(place).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={variables} colorSchemeManager={schemes} defaultColorScheme="auto" getStyleNonce={() => nonce}>
      <div role="region" aria-label="Messages">
        <Notifications position="bottom-right" limit={3} withinPortal={false} />
      </div>
      <QueryClientProvider client={services.queries}>
        <ServicesProvider value={services}>
          <SenderProvider value={services.sender}>
            <RouterProvider router={router} />
          </SenderProvider>
        </ServicesProvider>
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
)
