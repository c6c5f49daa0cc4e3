import { Terminal } from '../../../src/cli/terminal.ts'

/** A stream that keeps what is written to it. */
export class KeptStream {
  readonly isTTY: boolean
  readonly columns: number
  readonly rows: number
  text = ''

  constructor(terminal?: { readonly columns: number; readonly rows: number }) {
    this.isTTY = terminal !== undefined
    this.columns = terminal?.columns ?? 0
    this.rows = terminal?.rows ?? 0
  }

  write(text: string): void {
    this.text += text
  }
}

/** A terminal of this size, without colours. */
export function terminalOf(
  stdout: KeptStream,
  env: Readonly<Record<string, string>> = { NO_COLOR: '1' },
): Terminal {
  return new Terminal({ stdout, stderr: new KeptStream(), env, json: false })
}
