// Bundles the page into the two files that the server embeds. `--check` fails where they are stale.
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const embedded = new URL('../../../src/server/pages/account_page/', import.meta.url)

const { outputFiles } = await build({
  absWorkingDir: fileURLToPath(new URL('..', import.meta.url)),
  entryPoints: { app: 'src/main.tsx' },
  outdir: 'dist',
  bundle: true,
  minify: true,
  format: 'esm',
  // `light-dark()` and nested rules: browsers of 2024.
  target: ['chrome123', 'firefox121', 'safari17.5'],
  legalComments: 'none',
  charset: 'utf8',
  define: { 'process.env.NODE_ENV': '"production"' },
  write: false,
})

let stale = false
for (const { path, contents } of outputFiles) {
  const file = new URL(path.slice(path.lastIndexOf('/') + 1), embedded)
  const built = Buffer.from(contents)
  if (!process.argv.includes('--check')) await writeFile(file, built)
  else if (!built.equals(await readFile(file).catch(() => Buffer.alloc(0)))) {
    console.error(`${fileURLToPath(file)} is not what the source builds: npm run build`)
    stale = true
  }
}
process.exitCode = stale ? 1 : 0
