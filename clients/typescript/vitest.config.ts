import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    globalSetup: 'tests/support/build.ts',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Real time passes in a real browser: a busy machine must not fail a change.
    retry: process.env.CI ? 2 : 0,
  },
})
