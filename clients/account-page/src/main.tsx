import './styles/base.css'
import './styles/controls.css'
import './styles/frames.css'
import { render } from 'preact'
import { accounts } from './accounts.js'
import { App } from './app.js'
import { hideToken } from './route.js'

hideToken()
accounts.start()
render(<App />, document.getElementById('app')!)
