import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chromium, repository } from './paths.js'

/** What the tests need: the server, unless MARBELLE_BIN names one, and Debian's Chromium, unless CHROMIUM does. */
export default function build(): void {
  if (!process.env['MARBELLE_BIN']) run('cargo', 'build', '--locked', '--quiet')
  if (!existsSync(chromium)) {
    const asRoot = process.getuid?.() === 0 ? [] : ['sudo']
    run(...asRoot, 'apt-get', 'update')
    run(...asRoot, 'apt-get', 'install', '--yes', '--no-install-recommends', 'chromium')
  }
}

function run(...command: string[]): void {
  const [program, ...rest] = command
  execFileSync(program!, rest, { cwd: repository, stdio: 'inherit' })
}
