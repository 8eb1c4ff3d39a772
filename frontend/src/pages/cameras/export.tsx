// The list of cameras as it is filtered, to be carried away.
import { api, got } from '../../shell/api'
import { ExportMenu as Menu } from '../../shell/exports'

export interface Carried {
  q: string
  state: string[]
  klass: string[]
  unit: number
  reason: string
  ticket: boolean
  undeclared: boolean
}

export function ExportMenu({ filters }: { filters: Carried }) {
  const { q, reason, ticket, undeclared } = filters
  const asked = { q, reason, ticket, undeclared, state: filters.state.join(','), klass: filters.klass.join(','), unit: filters.unit || undefined }
  return <Menu addresses ask={(kind, language, addresses) => got(api.POST('/api/exports/cameras', { params: { query: { ...asked, file: kind, language, addresses } } }))} />
}
