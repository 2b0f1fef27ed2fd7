import type { ComponentType } from 'preact'
import { useEffect, useErrorBoundary, useState } from 'preact/hooks'
import type { SessionReport } from '../wire/admin/session.ts'
import { Overview } from './overview/overview.tsx'
import type { PageProps } from './page-props.ts'

type Page = {
  readonly name: string
  readonly title: string
  readonly who: readonly SessionReport['kind'][]
  readonly load: () => Promise<ComponentType<PageProps>>
}

const ADMIN = ['admin'] as const
const BOTH = ['admin', 'key'] as const

/** What there is, in the navigation's order. All but the first come when they are asked for. */
const PAGES: readonly Page[] = [
  { name: 'overview', title: 'Overview', who: ADMIN, load: async () => Overview },
  { name: 'own', title: 'Your key', who: ['key'], load: async () => (await import('./own/own-key.tsx')).OwnKey },
  {
    name: 'requests',
    title: 'Requests',
    who: ADMIN,
    load: async () => (await import('./requests/requests.tsx')).Requests,
  },
  {
    name: 'playground',
    title: 'Playground',
    who: BOTH,
    load: async () => (await import('./playground/playground.tsx')).Playground,
  },
  { name: 'models', title: 'Models', who: BOTH, load: async () => (await import('./models/models.tsx')).Models },
  {
    name: 'configuration',
    title: 'Configuration',
    who: ADMIN,
    load: async () => (await import('./configuration/configuration.tsx')).Configuration,
  },
  { name: 'keys', title: 'Keys and projects', who: ADMIN, load: async () => (await import('./keys/keys.tsx')).Keys },
]

export const pagesFor = (session: SessionReport) => PAGES.filter(({ who }) => who.includes(session.kind))

/** Shows a page once its part of the program is there. */
export function PageView({ page, ...props }: PageProps & { page: Page }) {
  const [shown, show] = useState<{ name: string; View: ComponentType<PageProps> }>()
  const [hasFailed, setFailed] = useState(false)
  const [bug, forget] = useErrorBoundary()
  useEffect(() => {
    let isGone = false
    setFailed(false)
    forget()
    page.load().then(
      (View) => isGone || show({ name: page.name, View }),
      () => isGone || setFailed(true),
    )
    return () => {
      isGone = true
    }
  }, [page])
  if (hasFailed) {
    return (
      <p class="note bad" role="alert">
        This part of the console could not be loaded: a new version may have been deployed. Reload the page.
      </p>
    )
  }
  if (bug) {
    return (
      <p class="note bad" role="alert">
        This page cannot show what the gateway answered: one of them may be newer than the other. Reload the page.
      </p>
    )
  }
  return shown?.name === page.name ? <shown.View {...props} /> : <p class="wait">Loading …</p>
}
