import { fileURLToPath } from 'node:url'
import { defineConfig, mergeConfig } from 'vitest/config'
import tests from '../vitest.config.js'

/** `npm run screens`: not tests, but made by the same means. */
export default mergeConfig(
  { ...tests, test: { ...tests.test, include: [] } },
  defineConfig({ root: fileURLToPath(new URL('..', import.meta.url)), test: { include: ['screens/*.screens.ts'] } }),
)
