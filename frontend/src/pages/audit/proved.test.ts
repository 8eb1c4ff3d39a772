import { expect, test } from 'vitest'
import { base64Of, bytesOf, holdsHere, leafOf, rootOf } from './proved'

const hex = (held: Uint8Array | null) => (held ? Array.from(held, (each) => each.toString(16).padStart(2, '0')).join('') : null)

// leaves and roots that certificate-transparency's own tests publish for RFC 6962
const LEAVES = ['', '00', '10', '2021', '3031'].map((text) => Uint8Array.from(text.match(/../g) ?? [], (each) => Number.parseInt(each, 16)))
const ROOTS: Record<number, string> = {
  1: '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  3: 'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  5: '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
}
const sha = async (...parts: Uint8Array[]) => new Uint8Array(await crypto.subtle.digest('SHA-256', Uint8Array.from(parts.flatMap((each) => [...each]))))
const leaf = (held: Uint8Array) => sha(Uint8Array.of(0), held)
const node = (left: Uint8Array, right: Uint8Array) => sha(Uint8Array.of(1), left, right)

async function mth(leaves: Uint8Array[]): Promise<Uint8Array> {
  if (leaves.length === 1) return leaf(leaves[0] as Uint8Array)
  let k = 1
  while (k * 2 < leaves.length) k *= 2
  return node(await mth(leaves.slice(0, k)), await mth(leaves.slice(k)))
}

async function path(at: number, leaves: Uint8Array[]): Promise<Uint8Array[]> {
  if (leaves.length === 1) return []
  let k = 1
  while (k * 2 < leaves.length) k *= 2
  return at < k ? [...(await path(at, leaves.slice(0, k))), await mth(leaves.slice(k))] : [...(await path(at - k, leaves.slice(k))), await mth(leaves.slice(0, k))]
}

test('the published roots come out of every leaf and its path, and of no other', async () => {
  for (const [size, root] of Object.entries(ROOTS)) {
    const leaves = LEAVES.slice(0, Number(size))
    for (const [at, held] of leaves.entries()) {
      const steps = await path(at, leaves)
      expect(hex(await rootOf(at, leaves.length, await leaf(held), steps))).toBe(root)
      expect(hex(await rootOf(at, leaves.length, await leaf(Uint8Array.of(9)), steps))).not.toBe(root)
      expect(await rootOf(at, leaves.length, await leaf(held), [...steps, await leaf(held)])).toBeNull()
    }
  }
  expect(await rootOf(5, 5, await leaf(new Uint8Array()), [])).toBeNull()
})

test('a proof of one entry holds for its words and not for others', async () => {
  const text = '{"act":"开","number":1}'
  const held = base64Of(await leafOf(text))
  const proof = { number: 1, text, leaf: held, path: [], size: 1, root: held }
  expect(bytesOf(held)).toHaveLength(32)
  expect(await holdsHere(proof)).toBe(true)
  expect(await holdsHere({ ...proof, text: `${text} ` })).toBe(false)
  expect(await holdsHere({ ...proof, root: base64Of(await leafOf('other')) })).toBe(false)
})
