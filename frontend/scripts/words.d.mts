export function keysOf(words: object, before?: string): [string, unknown][]
export function unequal(read: Record<string, { en?: object; zh?: object }>): string[]
export function faultsOf(name: string, text: string, has: (namespace: string, key: string) => boolean): string[]
