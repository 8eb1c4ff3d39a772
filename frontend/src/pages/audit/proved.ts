// The proof of an entry reckoned again in this browser: RFC 9162, section 2.1.3.2. The server's word is not taken for it.

const joined = (...parts: Uint8Array[]) => {
  const out = new Uint8Array(parts.reduce((sum, each) => sum + each.length, 0))
  let at = 0
  for (const each of parts) {
    out.set(each, at)
    at += each.length
  }
  return out
}
const LEAF = Uint8Array.of(0)
const NODE = Uint8Array.of(1)

export const bytesOf = (base64: string) => Uint8Array.from(atob(base64), (each) => each.charCodeAt(0))
export const base64Of = (held: Uint8Array) => btoa(String.fromCharCode(...held))

async function sha256(held: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', held as BufferSource))
}

/** The hash of an entry's words. */
export function leafOf(text: string): Promise<Uint8Array> {
  return sha256(joined(LEAF, new TextEncoder().encode(text)))
}

/** The root that comes out of a leaf at a place (from 0) of a tree of so many, and the hashes beside it; null: they do not fit. */
export async function rootOf(index: number, size: number, leaf: Uint8Array, path: Uint8Array[]): Promise<Uint8Array | null> {
  if (index < 0 || index >= size) return null
  let [here, last, made] = [index, size - 1, leaf]
  for (const beside of path) {
    if (last === 0) return null
    if (here % 2 === 1 || here === last) {
      made = await sha256(joined(NODE, beside, made))
      while (here % 2 === 0 && here > 0) {
        here = Math.floor(here / 2)
        last = Math.floor(last / 2)
      }
    } else {
      made = await sha256(joined(NODE, made, beside))
    }
    here = Math.floor(here / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 ? made : null
}

export interface Proof {
  number: number
  /** the words that were hashed; empty of an erased entry, whose leaf is then taken as it is */
  text: string
  leaf: string
  path: string[]
  size: number
  root: string
}

/** Whether it holds; null: this browser cannot reckon hashes here, since the address is not secure. */
export async function holdsHere(proof: Proof): Promise<boolean | null> {
  if (!globalThis.crypto?.subtle) return null
  const leaf = proof.text ? await leafOf(proof.text) : bytesOf(proof.leaf)
  if (base64Of(leaf) !== proof.leaf) return false
  const root = await rootOf(proof.number - 1, proof.size, leaf, proof.path.map(bytesOf))
  return root !== null && base64Of(root) === proof.root
}
