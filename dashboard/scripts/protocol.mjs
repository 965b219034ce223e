// Writes src/protocol/generated.ts from schema.json; --check fails when it is stale.
import { readFile, writeFile } from 'node:fs/promises'
import { compile } from 'json-schema-to-typescript'

const source = new URL('../src/protocol/schema.json', import.meta.url)
const target = new URL('../src/protocol/generated.ts', import.meta.url)

const schema = JSON.parse(await readFile(source, 'utf8'))

/** Titles of properties would become types of their own; only the definitions' names count. */
function plain(part, top = false) {
  if (Array.isArray(part)) return part.map((item) => plain(item))
  if (part === null || typeof part !== 'object') return part
  const rest = Object.entries(part).filter(([key, value]) => top || key !== 'title' || typeof value !== 'string')
  // tsc turns bounded lists into tuples of every length; the bound is the server's to check.
  const result = Object.fromEntries(rest.filter(([key]) => key !== 'maxItems').map(([key, value]) => [key, plain(value)]))
  // An object without named properties is a free one, not an empty one.
  if (!top && result.type === 'object' && !result.properties && !result.additionalProperties) result.additionalProperties = true
  return result
}

const text = await compile(plain(schema, true), 'Wire', {
  additionalProperties: false,
  bannerComment: '// Generated from schema.json by `npm run protocol`. Do not edit.',
  style: { singleQuote: true, semi: false, printWidth: 120 },
  unreachableDefinitions: true,
  strictIndexSignatures: true,
})

if (process.argv.includes('--check')) {
  const present = await readFile(target, 'utf8').catch(() => '')
  if (present !== text) {
    console.error('src/protocol/generated.ts is stale: run `npm run protocol`.')
    process.exit(1)
  }
} else {
  await writeFile(target, text)
}
