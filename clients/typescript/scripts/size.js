// The size of the client as a page loads it.
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const { outputFiles } = await build({
  entryPoints: [new URL('../src/index.ts', import.meta.url).pathname],
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  write: false,
})
const code = outputFiles[0].contents
console.log(`minified ${code.length} bytes, gzip ${gzipSync(code, { level: 9 }).length} bytes`)
