/** Mantine on our tokens: its own greys would miss the contrast that small figures need. */
import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core'

const teal: MantineColorsTuple = [
  '#e3f6f2', '#c9ebe4', '#9adace', '#76d0c0', '#58c7b4', '#35a995', '#1d8c7a', '#0f7768', '#0b6e60', '#07564b',
]
const red: MantineColorsTuple = [
  '#fdeceb', '#f9d4d2', '#f3a9a6', '#ff7b72', '#e85a54', '#dd423f', '#d3302f', '#c62423', '#ad1c1b', '#8e1414',
]

/** Mantine draws fields, tracks and menus from these two: our own greys, or they would look foreign. */
const dark: MantineColorsTuple = [
  '#e9efed', '#c6d0ce', '#a2afad', '#7b8a88', '#38464a', '#2a3538', '#1b2224', '#141a1b', '#101516', '#0d1112',
]
const gray: MantineColorsTuple = [
  '#f2f5f4', '#e9eeec', '#dbe3e1', '#cdd8d5', '#b6c4c1', '#8a9a97', '#51605e', '#3c4947', '#273230', '#101819',
]

export const theme = createTheme({
  primaryColor: 'teal',
  // White on both reaches 4.5:1; Mantine picks the text colour by the light scheme's shade alone.
  primaryShade: { light: 8, dark: 7 },
  colors: { teal, red, dark, gray },
  fontFamily: 'var(--font)',
  fontFamilyMonospace: 'var(--mono)',
  defaultRadius: 'md',
  radius: { sm: '5px', md: '7px', lg: '10px' },
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '20px' },
  cursorType: 'pointer',
  focusRing: 'auto',
})

export const variables: CSSVariablesResolver = () => {
  const shared = {
    '--mantine-color-body': 'var(--surface)',
    '--mantine-color-text': 'var(--text)',
    '--mantine-color-dimmed': 'var(--muted)',
    '--mantine-color-placeholder': 'var(--muted)',
    '--mantine-color-error': 'var(--down)',
    '--mantine-color-default': 'var(--raised)',
    '--mantine-color-default-hover': 'var(--hover)',
    '--mantine-color-default-color': 'var(--text)',
    '--mantine-color-default-border': 'var(--line-strong)',
    '--mantine-color-anchor': 'var(--accent)',
    '--mantine-color-disabled': 'var(--hover)',
    '--mantine-color-disabled-color': 'var(--muted)',
    '--mantine-color-disabled-border': 'var(--line)',
  }
  return { variables: {}, light: shared, dark: shared }
}
