// Two steps of a build: the licences of all that is shipped, and every text file packed once for the browsers that take it so.
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Writes licences.json: name, version, licence and its text, of every package of which something is in the bundle. */
export function licences() {
  return {
    name: 'licences',
    apply: 'build',
    generateBundle(_options, bundle) {
      const folders = new Set()
      for (const chunk of Object.values(bundle)) {
        for (const id of Object.keys(chunk.modules ?? {})) {
          const found = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id.replace(/^\0/, ''))
          if (found) folders.add(found[1])
        }
      }
      const about = [...folders].map(licenceOf).filter(Boolean).sort((a, b) => a.name.localeCompare(b.name))
      this.emitFile({ type: 'asset', fileName: 'licences.json', source: JSON.stringify(about) })
    },
  }
}

// Packages that name their licence and bring no text of it.
const TEXTS = {
  MIT: (maker) => `MIT License

Copyright (c) ${maker}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
`,
  Unlicense: (maker) => `Written by ${maker} and given to the public domain: https://unlicense.org/\n`,
}

function licenceOf(folder) {
  if (!existsSync(join(folder, 'package.json'))) return undefined
  const { name, version, license, author } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const file = readdirSync(folder).find((each) => /^(licen[cs]e|copying)/i.test(each))
  const licence = typeof license === 'string' ? license : (license?.type ?? '')
  const maker = typeof author === 'string' ? author : (author?.name ?? '')
  const text = file ? readFileSync(join(folder, file), 'utf8') : (TEXTS[licence]?.(maker) ?? '')
  return { name, version, licence, text }
}

/** Makes .gz and .br beside every text file that is worth it. */
export function packed() {
  let folder = ''
  return {
    name: 'packed',
    apply: 'build',
    configResolved(config) {
      folder = join(config.root, config.build.outDir)
    },
    closeBundle() {
      for (const each of readdirSync(folder, { recursive: true })) {
        const file = join(folder, String(each))
        if (!/\.(js|mjs|css|json|svg|html|geojson)$/.test(file) || statSync(file).size < 1024) continue
        const bytes = readFileSync(file)
        writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }))
        const quality = bytes.length > 1_000_000 ? 9 : 11 // the last steps take seconds for a map's land
        writeFileSync(`${file}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } }))
      }
    },
  }
}
