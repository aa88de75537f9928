import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
// @ts-expect-error: a script without types
import { render } from '../scripts/render.js'
import { repository } from './support/paths.js'

const errors = { components: { errors: { internal: { data: { $ref: '#/components/schemas/InternalData' } } } } }
const spec = (schemas: object, methods: object[] = []) => ({
  components: { ...errors.components, schemas },
  methods,
  'x-events': [],
})

it('an answer has every field that may be null, and a parameter need not be given', () => {
  const fields = { a: { type: 'integer' }, b: { type: ['string', 'null'] }, c: { type: 'string' } }
  const params = Object.entries(fields).map(([name, schema]) => ({ name, schema, required: name === 'a' }))
  const method = { name: 'x.y', params, errors: [{ $ref: '#/components/errors/internal' }], result: { schema: {} } }
  const text: string = render(spec({ T: { type: 'object', properties: fields, required: ['a'] } }, [method]))
  expect(text).toContain('export interface T {\n  a: number\n  b: string | null\n  c?: string\n}')
  expect(text).toContain("  'x.y': {\n    params: {\n      a: number\n      b?: string | null\n      c?: string\n    }")
  expect(text).toContain("    result: unknown\n    errors: 'internal'\n")
  expect(text).toContain('export interface ServerErrors {\n  internal: InternalData\n}')
})

it('a schema that is not understood is no type', () => {
  expect(() => render(spec({ T: { type: 'tuple' } }))).toThrow('not understood')
})

it('the types are what the specification says', () => {
  const specification = JSON.parse(readFileSync(join(repository, 'rpc-spec.json'), 'utf8'))
  expect(readFileSync(new URL('../src/spec.ts', import.meta.url), 'utf8')).toBe(render(specification))
})
