import { useState } from 'preact/hooks'
import { accounts } from '../accounts.js'
import { useForm } from '../form.js'
import { useTexts } from '../language.js'
import { FormFrame } from '../parts/form-frame.js'
import { MailLink } from '../parts/mail-link.js'
import { Notice, Status } from '../parts/notice.js'
import { Card } from '../parts/title.js'
import { Link, told } from '../route.js'

/** After something that sends a letter. */
export function CheckMail() {
  const texts = useTexts()
  const { email, sent } = told()
  const [isResent, setResent] = useState(false)
  const form = useForm({
    fields: [],
    async send() {
      setResent(false)
      if (email === undefined) return
      await accounts.call(sent === 'reset' ? 'auth.request_password_reset' : 'auth.resend_verification', { email })
      setResent(true)
    },
  })
  return (
    <Card title={texts.checkMail.title}>
      {email !== undefined && (
        <>
          <p>{sent === 'reset' ? texts.checkMail.reset(email) : texts.checkMail.registered(email)}</p>
          <MailLink to={email} />
        </>
      )}
      <p>{texts.checkMail.lifetime}</p>
      <Status>{isResent && <Notice kind="good">{texts.checkMail.resent}</Notice>}</Status>
      {email !== undefined && (
        <FormFrame form={form} submit={texts.checkMail.resend}>
          {null}
        </FormFrame>
      )}
      <p>
        <Link to="/sign-in" told={email === undefined ? {} : { email }}>
          {texts.forgottenPassword.back}
        </Link>
      </p>
    </Card>
  )
}
