import type { JSX } from 'preact'
import { useId, useState } from 'preact/hooks'
import type { FieldName, Form } from '../form.js'
import { useTexts } from '../language.js'
import { Icon } from './icons.js'

/**
 * Far more than any field accepts: longer values are refused with a message, not cut, but a call must fit into a
 * message.
 */
const MAX_LENGTH = 2_000

/** What phones write in capitals by themselves; what is no text, such as an e-mail address, they leave as it is. */
const CAPITALS: Readonly<Record<string, 'words' | 'characters'>> = {
  'given-name': 'words',
  'family-name': 'words',
  organization: 'words',
  'address-line1': 'words',
  'address-line2': 'words',
  'address-level1': 'words',
  'address-level2': 'words',
  'country-name': 'words',
  'postal-code': 'characters',
}

export interface FieldProps {
  readonly form: Form
  readonly name: FieldName
  readonly value: string
  readonly onValue: (value: string) => void
  readonly type?: 'text' | 'email' | 'tel' | 'password'
  readonly autoComplete: string
  readonly inputMode?: 'numeric'
  readonly isOptional?: boolean
  readonly hint?: string
  /** Normalises the typed value when the field is left or Enter sends the form. */
  readonly tidy?: (typed: string) => string
  /** Shown below the field: its value after a change elsewhere. */
  readonly aside?: JSX.Element | null
}

/** A labelled input with its hint and its faults. */
export function Field({ form, name, value, onValue, type = 'text', hint, tidy, aside, ...rest }: FieldProps) {
  const texts = useTexts()
  const id = useId()
  const [isShown, setShown] = useState(false)
  const faults = form.faultsOf(name)
  const told = describedBy(id, hint, faults)
  const isSecret = type === 'password'
  // Preact's types require a constant.
  const kind = (isSecret && isShown ? 'text' : type) as 'text'
  return (
    <div class="field">
      <label for={id}>
        {texts.fields[name]}
        {rest.isOptional && <span class="quiet"> ({texts.page.optional})</span>}
      </label>
      <div class="input">
        <input
          id={id}
          name={name}
          type={kind}
          value={value}
          autoComplete={rest.autoComplete}
          inputMode={rest.inputMode}
          maxLength={MAX_LENGTH}
          autoCapitalize={type === 'text' ? CAPITALS[rest.autoComplete] : 'none'}
          spellcheck={type === 'text' && rest.autoComplete !== 'off' ? undefined : false}
          aria-required={rest.isOptional ? undefined : true}
          aria-invalid={faults.length > 0}
          aria-describedby={told || undefined}
          onInput={(event) => onValue(event.currentTarget.value)}
          onChangeCapture={tidy && ((event) => onValue(tidy(event.currentTarget.value)))}
        />
        {isSecret && (
          <button
            type="button"
            class="icon-button"
            aria-pressed={isShown}
            aria-label={isShown ? texts.page.hidePassword : texts.page.showPassword}
            onClick={() => setShown(!isShown)}
          >
            <Icon name={isShown ? 'hide' : 'show'} />
          </button>
        )}
      </div>
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {faults.length > 0 && (
        <p class="fault" id={`${id}-faults`}>
          {faults.join(' ')}
        </p>
      )}
      {aside}
    </div>
  )
}

function describedBy(id: string, hint: string | undefined, faults: readonly string[]): string {
  return [hint && `${id}-hint`, faults.length > 0 && `${id}-faults`].filter(Boolean).join(' ')
}

interface ChoiceProps {
  readonly form: Form
  readonly name: FieldName
  readonly value: string
  readonly autoComplete: string
  readonly options: readonly (readonly [value: string, label: string])[]
  readonly onValue: (value: string) => void
  readonly hint?: string
  readonly aside?: JSX.Element | null
}

/** One of a few values. */
export function Choice({ form, name, value, autoComplete, options, onValue, hint, aside }: ChoiceProps) {
  const texts = useTexts()
  const id = useId()
  const faults = form.faultsOf(name)
  const told = describedBy(id, hint, faults)
  return (
    <div class="field">
      <label for={id}>{texts.fields[name]}</label>
      <select
        id={id}
        name={name}
        value={value}
        autoComplete={autoComplete}
        aria-invalid={faults.length > 0}
        aria-describedby={told || undefined}
        onChange={(event) => onValue(event.currentTarget.value)}
      >
        {options.map(([option, label]) => (
          <option key={option} value={option} selected={option === value}>
            {label}
          </option>
        ))}
      </select>
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {faults.length > 0 && (
        <p class="fault" id={`${id}-faults`}>
          {faults.join(' ')}
        </p>
      )}
      {aside}
    </div>
  )
}
