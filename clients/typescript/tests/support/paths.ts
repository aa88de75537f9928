import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const repository = fileURLToPath(new URL('../../../../', import.meta.url))

const target = resolve(repository, process.env['CARGO_TARGET_DIR'] ?? 'target')

/** The server's binary. */
export const binary = process.env['MARBELLE_BIN'] ?? join(target, 'debug', 'marbelle')

/** The browser. */
export const chromium = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
