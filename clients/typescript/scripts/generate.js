// Writes src/spec.ts from rpc-spec.json; with --check it fails where the file is stale.
import { readFileSync, writeFileSync } from 'node:fs'
import { render } from './render.js'

const spec = new URL('../../../rpc-spec.json', import.meta.url)
const output = new URL('../src/spec.ts', import.meta.url)
const rendered = render(JSON.parse(readFileSync(spec, 'utf8')))

if (process.argv.includes('--check')) {
  if (readFileSync(output, 'utf8') !== rendered) {
    console.error('src/spec.ts is not what rpc-spec.json says: npm run generate')
    process.exit(1)
  }
} else {
  writeFileSync(output, rendered)
}
