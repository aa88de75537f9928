// An OpenRPC document with JSON schemas, as TypeScript.

/** The text of src/spec.ts. */
export function render(spec) {
  const schemas = Object.entries(spec.components.schemas)
  const methods = [...spec.methods].sort((a, b) => (a.name < b.name ? -1 : 1))
  const errors = Object.entries(spec.components.errors)
  const blocks = [
    '// Generated from rpc-spec.json by scripts/generate.js: do not edit.',
    ...schemas.map(([name, schema]) => declaration(name, schema)),
    map('ServerErrors', 'The errors of the server: their `data`, by kind.', errors.map(error)),
    set('SERVER_ERRORS', 'The kinds of errors of the server.', errors.map(([kind]) => kind)),
    map('Events', 'The events of the feed: what is in `data`, by type.', spec['x-events'].map((entry) => event(entry, spec))),
    map('Methods', 'The methods, by name.', methods.map(method)),
    set('SESSION_METHODS', 'Methods that need a session.', names(methods, (entry) => entry['x-session'])),
    set('DEVICE_METHODS', 'Methods that a known device tells itself to.', names(methods, takes('device_token'))),
    set('CREDENTIALS_METHODS', 'Methods that answer a credential: tokens, or the cookie.', names(methods, takes('credentials'))),
  ]
  return blocks.join('\n\n') + '\n'
}

function declaration(name, schema) {
  const comment = doc(schema.description, '')
  return isObject(schema)
    ? `${comment}export interface ${name} ${body(schema.properties ?? {}, answered(schema), '')}`
    : `${comment}export type ${name} = ${type(schema, '')}`
}

/** In answers a field that may be null is always there. */
function answered(schema) {
  return (name, property) => (schema.required ?? []).includes(name) || isNullable(property)
}

function event(entry, spec) {
  const schema = spec.components.schemas[entry.schema.$ref.split('/').at(-1)]
  return doc(entry.description, '  ') + `  '${entry.name}': ${type(schema.properties.data, '  ')}\n`
}

function error([kind, { data }]) {
  return `  ${kind}: ${type({ $ref: data.$ref }, '  ')}\n`
}

function method(entry) {
  const properties = Object.fromEntries(
    entry.params.map((param) => [param.name, { ...param.schema, description: param.description }]),
  )
  const required = new Set(entry.params.filter((param) => param.required).map((param) => param.name))
  const errors = entry.errors.map((error) => error.$ref.split('/').at(-1))
  return (
    doc(entry.summary, '  ') +
    `  '${entry.name}': {\n` +
    `    params: ${body(properties, (name) => required.has(name), '    ')}\n` +
    `    result: ${type(entry.result.schema, '    ')}\n` +
    `    errors: ${errors.map(quoted).join(' | ')}\n  }\n`
  )
}

function map(name, description, entries) {
  return `/** ${description} */\nexport interface ${name} {\n${entries.join('')}}`
}

function takes(param) {
  return (entry) => entry.params.some(({ name }) => name === param)
}

function names(methods, isMeant) {
  return methods.filter(isMeant).map(({ name }) => name)
}

function set(name, description, members) {
  const lines = members.map((member) => `  ${quoted(member)},\n`).join('')
  return `/** ${description} */\nexport const ${name}: ReadonlySet<string> = new Set([\n${lines}])`
}

function body(properties, isThere, indent) {
  const lines = Object.entries(properties).map(([name, property]) => {
    const mark = isThere(name, property) ? '' : '?'
    return `${doc(property.description, indent + '  ')}${indent}  ${name}${mark}: ${type(property, indent + '  ')}\n`
  })
  return lines.length === 0 ? 'Record<string, never>' : `{\n${lines.join('')}${indent}}`
}

function type(schema, indent) {
  if (schema.$ref) return schema.$ref.split('/').at(-1)
  if (schema.allOf) return schema.allOf.map((part) => type(part, indent)).join(' & ')
  const options = schema.anyOf ?? schema.oneOf
  if (options) return options.map((part) => type(part, indent)).join(' | ')
  if (schema.const !== undefined) return quoted(schema.const)
  if (schema.enum) return schema.enum.map(quoted).join(' | ')
  if (Array.isArray(schema.type)) return schema.type.map((one) => type({ ...schema, type: one }, indent)).join(' | ')
  switch (schema.type) {
    case 'string':
    case 'boolean':
    case 'null':
      return schema.type
    case 'integer':
    case 'number':
      return 'number'
    case 'array':
      return `${type(schema.items, indent)}[]`
    case 'object':
      if (isObject(schema)) return body(schema.properties, answered(schema), indent)
      return `Record<string, ${schema.additionalProperties ? type(schema.additionalProperties, indent) : 'unknown'}>`
    case undefined:
      return 'unknown'
    default:
      throw new Error(`a schema that is not understood: ${JSON.stringify(schema)}`)
  }
}

function isObject(schema) {
  return schema.type === 'object' && schema.properties !== undefined
}

function isNullable(schema) {
  return (Array.isArray(schema.type) && schema.type.includes('null')) || (schema.anyOf ?? []).some(isNullable) || schema.type === 'null'
}

function quoted(text) {
  return `'${text}'`
}

function doc(text, indent) {
  return text ? `${indent}/** ${text} */\n` : ''
}
