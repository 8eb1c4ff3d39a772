// Who is signed in, and what that person may do.
import { createContext, useContext, type ReactNode } from 'react'
import type { Schemas } from './api'

export type Me = Schemas['Me']
export type Verb = Me['verbs'][number]

const Mine = createContext<Me | null>(null)

export function MeProvider({ me, children }: { me: Me; children: ReactNode }) {
  return <Mine.Provider value={me}>{children}</Mine.Provider>
}

/** Who is signed in: `const me = useMe(); me.may('dispatch')`. Hide what may not be done; the server refuses it besides. */
export function useMe(): Me & { may: (verb: Verb) => boolean } {
  const me = useContext(Mine)
  if (!me) throw new Error('nobody is signed in here')
  return { ...me, may: (verb) => me.verbs.includes(verb) }
}
