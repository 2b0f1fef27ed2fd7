import type { SessionReport } from '../wire/admin/session.ts'
import type { Place } from './hash.ts'

/** What every page is shown with. */
export type PageProps = { readonly place: Place; readonly session: SessionReport }
