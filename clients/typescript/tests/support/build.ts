import { execFileSync } from 'node:child_process'
import { repository } from './paths.js'

/** Builds the server once, unless MARBELLE_BIN names one. */
export default function build(): void {
  if (process.env['MARBELLE_BIN']) return
  execFileSync('cargo', ['build', '--locked', '--quiet'], { cwd: repository, stdio: 'inherit' })
}
