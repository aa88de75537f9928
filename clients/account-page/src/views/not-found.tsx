import { useTexts } from '../language.js'
import { Card } from '../parts/title.js'
import { Link } from '../route.js'

export function NotFound() {
  const texts = useTexts()
  return (
    <Card title={texts.page.notFound}>
      <p>
        <Link to="/profile">{texts.page.toAccount}</Link>
      </p>
    </Card>
  )
}
