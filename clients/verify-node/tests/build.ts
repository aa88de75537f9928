import { execFileSync } from 'node:child_process'
import { repository } from '../../typescript/tests/support/paths.js'

/** The server, unless MARBELLE_BIN names one. */
export default function build(): void {
  if (process.env['MARBELLE_BIN']) return
  execFileSync('cargo', ['build', '--locked', '--quiet'], { cwd: repository, stdio: 'inherit' })
}
