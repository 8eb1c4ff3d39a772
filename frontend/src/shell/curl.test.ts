import { describe, expect, it } from 'vitest'
import { curl, quoted } from './curl'

describe('a request as a line for a shell', () => {
  it('whatever stands in a text is one word', () => {
    expect(quoted(`堤 $HOME \`id\` "x"`)).toBe(`'堤 $HOME \`id\` "x"'`)
    expect(quoted("O'Neill")).toBe(`'O'\\''Neill'`)
  })
  it('the token is taken from the environment when the line is run', () => {
    expect(curl('https://10.0.0.1/api/cameras?q=a&state=down')).toBe(`curl -sS -H "Authorization: Bearer $LENSKEEPER_TOKEN" 'https://10.0.0.1/api/cameras?q=a&state=down'`)
  })
  it('what is sent, and what becomes of the answer, is said', () => {
    expect(curl('https://x/api/views', { method: 'POST', json: '{"name":"it\'s"}' })).toBe(
      `curl -sS -X POST -H "Authorization: Bearer $LENSKEEPER_TOKEN" -H 'Content-Type: application/json' -d '{"name":"it'\\''s"}' 'https://x/api/views'`,
    )
    expect(curl('https://x/f', { method: 'POST', file: 'FILE' })).toContain("--data-binary '@FILE'")
    expect(curl('https://x/f', { answer: 'file' })).toContain('curl -sSOJ ')
    expect(curl('https://x/f', { answer: 'events' })).toContain('curl -sSN ')
  })
})
