import type { Export } from '@marbelle/accounts'
import { useContext, useState } from 'preact/hooks'
import { accounts, write } from '../accounts.js'
import { exportDocument, type ExportedData } from '../export-document.js'
import { useForm } from '../form.js'
import { LanguageContext, useDates, useTexts } from '../language.js'
import { Dialog } from '../parts/dialog.js'
import { FormFrame } from '../parts/form-frame.js'
import { MailLink } from '../parts/mail-link.js'
import { Notice, Status } from '../parts/notice.js'
import { proven } from '../proof.js'
import { save } from '../save.js'

/** The user's data: to export it, and to have it deleted. */
export function OwnData({ email }: { readonly email: string }) {
  const language = useContext(LanguageContext)
  const words = language.texts.ownData
  const date = useDates()
  const [isSaved, setSaved] = useState(false)
  const form = useForm({
    fields: [],
    async send() {
      setSaved(false)
      const data = await readAll()
      save(`${words.file}.html`, 'text/html', exportDocument(data, language, date))
      setSaved(true)
    },
  })
  return (
    <section class="panel" aria-labelledby="own-data">
      <h2 id="own-data">{words.title}</h2>
      <p class="quiet">{words.exportExplain}</p>
      <Status>{isSaved && <Notice kind="good">{words.exported}</Notice>}</Status>
      <FormFrame form={form} submit={words.export} label={words.export} isQuiet>
        {null}
      </FormFrame>
      <Deletion email={email} />
    </section>
  )
}

function Deletion({ email }: { readonly email: string }) {
  const words = useTexts().ownData
  const [isAsking, setAsking] = useState(false)
  const [isSent, setSent] = useState(false)
  return (
    <>
      <Status>
        {isSent && (
          <Notice kind="plain">
            <p>{words.linkSent(email)}</p>
            <MailLink to={email} />
          </Notice>
        )}
      </Status>
      <div class="buttons">
        <button type="button" class="warns" onClick={() => setAsking(true)}>
          {words.deletion}
        </button>
      </div>
      {isAsking && (
        <Dialog
          title={words.deletionTitle}
          explain={words.deletionExplain}
          confirm={words.sendLink}
          run={async () => {
            await write(() => proven(() => accounts.call('account.request_deletion')))
            setSent(true)
          }}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  )
}

/** All pages of the export as one: long lists are joined, the rest is the same on each. */
async function readAll(): Promise<ExportedData> {
  const read = (after: string | null): Promise<Export> =>
    proven(() => accounts.call('account.export', after === null ? {} : { after }))
  let { cursor, more, ...whole } = await read(null)
  while (more) {
    const { security_events, letters, events, ...next } = await read(cursor)
    whole = {
      ...whole,
      security_events: [...whole.security_events, ...security_events],
      letters: [...whole.letters, ...letters],
      events: [...whole.events, ...events],
    }
    ;({ cursor, more } = next)
  }
  return whole
}
