// A request as a line for a shell: the address in quotes that hold whatever stands in it, the token from the environment.

/** A text as one word of a POSIX shell, whatever is in it. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

export interface Sending {
  method?: string
  /** a text to be sent, or the name of a file whose bytes are */
  json?: string
  file?: string
  /** the answer is a file, kept under the name that the server gives it; or events without end */
  answer?: 'file' | 'events'
}

/** The line. address: with its origin. The token is whatever LENSKEEPER_TOKEN holds when the line is run. */
export function curl(address: string, { method = 'GET', json, file, answer }: Sending = {}): string {
  const said = ['curl', answer === 'file' ? '-sSOJ' : answer === 'events' ? '-sSN' : '-sS']
  if (method !== 'GET') said.push('-X', method)
  said.push('-H', '"Authorization: Bearer $LENSKEEPER_TOKEN"')
  if (json !== undefined) said.push('-H', quoted('Content-Type: application/json'), '-d', quoted(json))
  if (file !== undefined) said.push('-H', quoted('Content-Type: application/octet-stream'), '--data-binary', quoted(`@${file}`))
  return [...said, quoted(address)].join(' ')
}
