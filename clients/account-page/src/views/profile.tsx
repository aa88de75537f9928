import type { LiveAccount, ProfilePatch } from '@marbelle/accounts'
import { useState } from 'preact/hooks'
import { accounts, write } from '../accounts.js'
import { useDraft } from '../draft.js'
import { useForm } from '../form.js'
import { LANGUAGES, LOCALES, useDates, useTexts } from '../language.js'
import { Elsewhere } from '../parts/elsewhere.js'
import { Choice, Field } from '../parts/field.js'
import { useFlash } from '../parts/flash.js'
import { FormFrame } from '../parts/form-frame.js'
import { Found } from '../parts/found.js'
import { Notice } from '../parts/notice.js'
import { PhoneField } from '../parts/phone-field.js'
import { Title } from '../parts/title.js'
import { tidyText } from '../text.js'
import { EmailChange } from './email-change.js'
import { OwnData } from './own-data.js'

const FIELDS = ['first_name', 'last_name', 'company_name', 'phone', 'locale'] as const
const OPTIONAL = ['last_name', 'company_name', 'phone'] as const

export function Profile({ account }: { readonly account: LiveAccount }) {
  const { profile } = account
  const texts = useTexts()
  const date = useDates()
  const draft = useDraft(profile, FIELDS, OPTIONAL)
  const [isSaved, setSaved] = useState(false)
  const card = useFlash<HTMLElement>(profile.revision)
  const form = useForm({
    fields: FIELDS,
    missing: () => (tidyText(draft.value('first_name')) === '' ? ['first_name'] : []),
    async send() {
      setSaved(false)
      const save = draft.saving()
      let saved = draft.base
      if (draft.isDirty) {
        const edited = await write(() => accounts.editProfile(draft.base, draft.patch as ProfilePatch))
        if (edited.outcome === 'stale') return draft.refused(edited.theirs)
        saved = edited.value
      }
      save(saved)
      setSaved(true)
    },
  })
  const field = (name: (typeof FIELDS)[number]) => ({
    form,
    name,
    value: draft.value(name),
    onValue: (value: string) => {
      setSaved(false)
      draft.set(name, value)
    },
    aside: <Elsewhere draft={draft} field={name} />,
  })
  return (
    <>
      <Title>{texts.profile.title}</Title>
      <section ref={card} class="panel" aria-labelledby="person">
        <h2 id="person">
          {texts.profile.person}
          {profile.is_business_customer && <span class="badge">{texts.profile.business}</span>}
        </h2>
        <FormFrame form={form} submit={texts.page.save} label={texts.profile.person}>
          <Found draft={draft} />
          {draft.isRefused && <Notice kind="bad">{texts.errors.stale_revision}</Notice>}
          <div class="pair">
            <Field {...field('first_name')} autoComplete="given-name" />
            <Field {...field('last_name')} autoComplete="family-name" isOptional />
          </div>
          <Field
            {...field('company_name')}
            autoComplete="organization"
            isOptional
            hint={texts.hints.company_name}
          />
          <PhoneField {...field('phone')} />
          <Choice
            {...field('locale')}
            autoComplete="language"
            options={LOCALES.map((locale) => [locale, LANGUAGES[locale].language])}
            hint={texts.hints.locale}
            aside={<Elsewhere draft={draft} field="locale" show={(locale) => LANGUAGES[locale as 'en'].language} />}
          />
          <p role="status" class="saved">
            {isSaved && !draft.isDirty ? texts.page.saved : ''}
          </p>
        </FormFrame>
      </section>
      <EmailChange account={account} />
      <OwnData email={profile.email} />
      <p class="quiet">{texts.profile.since(date(profile.created_at, 'date'))}</p>
    </>
  )
}
