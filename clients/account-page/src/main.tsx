import './styles/base.css'
import './styles/controls.css'
import './styles/frames.css'
import './styles/sign-in-methods.css'
import { render } from 'preact'
import { accounts } from './accounts.js'
import { App } from './app.js'
import { keepFocus } from './parts/focus.js'
import { hideToken } from './route.js'

hideToken()
accounts.start()
const root = document.getElementById('app')!
keepFocus(root)
render(<App />, root)
