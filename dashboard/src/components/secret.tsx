/** A secret that is shown once: as a picture for another program, and as text to copy. */
import { Button, CopyButton } from '@mantine/core'
import { QRCodeSVG } from 'qrcode.react'
import css from './secret.module.css'

interface Props {
  /** What the picture holds. */
  readonly picture: string
  readonly title: string
  readonly text: string
  readonly testId: string
}

export function Secret({ picture, title, text, testId }: Props) {
  return (
    <div className={css.box}>
      <div className={css.picture} data-testid={`${testId}-qr`}><QRCodeSVG value={picture} size={208} level="M" marginSize={4} title={title} /></div>
      <div className={css.text} data-testid={testId}>
        <code>{text}</code>
        <CopyButton value={text}>{({ copied, copy }) => <Button size="compact-sm" variant="default" onClick={copy}>{copied ? 'Copied' : 'Copy'}</Button>}</CopyButton>
      </div>
    </div>
  )
}
