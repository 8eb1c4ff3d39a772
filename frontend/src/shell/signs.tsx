// Our signs: drawn here, 16 by 16, one stroke, in the colour of the text. They carry no meaning of their own: a word stands beside.
const PATHS = {
  up: 'M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M5 8.2l2.1 2.2L11 6',
  down: 'M5.2 1.6h5.6l3.6 3.6v5.6l-3.6 3.6H5.2l-3.6-3.6V5.2zM5.6 5.6l4.8 4.8M10.4 5.6l-4.8 4.8',
  unknown: 'M5.6 6a2.4 2.4 0 1 1 3.4 2.2c-.7.3-1 .7-1 1.5M8 12.2v.1M2.2 5.2l-.5 1.6M1.7 9.4l.5 1.6M4 13.2l1.4.9M10.8 14l1.3-.9M13.9 10.8l.4-1.4M14.3 6.6l-.5-1.5M12 2.8l-1.4-.8M5.4 2 4 2.8',
  fault: 'M8 1.8 15 14H1zM8 6.2v3.6M8 11.9v.1',
  fog: 'M2 5.5h9M4 8h10M2 10.5h9M5 3h6M5 13h6',
  wrench: 'M10.3 2a3.6 3.6 0 0 0-3.4 4.8L2 11.7 4.3 14l4.9-4.9A3.6 3.6 0 0 0 14 5.7l-2.3 2.2L9 7l-.9-2.7z',
  off: 'M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M4.5 8h7',
  overview: 'M2 13V8M6 13V3M10 13V6M14 13v-3',
  map: 'M1.5 3.5l4.3-1.7 4.4 1.7 4.3-1.7v10.7l-4.3 1.7-4.4-1.7-4.3 1.7zM5.8 1.8v10.7M10.2 3.5v10.7',
  cameras: 'M1.5 4.5h9v7h-9zM10.5 7l4-2v6l-4-2',
  work: 'M2 5h12v8.5H2zM5.5 5V2.5h5V5M2 8.5h12',
  reports: 'M3.5 1.5h6l3 3v10h-9zM9.5 1.5v3h3M5.5 8h5M5.5 10.5h5',
  settings: 'M2 4.5h7M12 4.5h2M2 11.5h2M7 11.5h7M10.5 3v3M5.5 10v3',
  people: 'M6 7.2a2.6 2.6 0 1 0 0-5.2 2.6 2.6 0 0 0 0 5.2M1.5 14c0-2.9 2-4.6 4.5-4.6s4.5 1.7 4.5 4.6M11 2.4a2.4 2.4 0 0 1 0 4.6M12 9.7c1.6.5 2.6 2 2.6 4.3',
  audit: 'M8 1.5 13.5 3.5v4c0 3.4-2.2 5.8-5.5 7-3.3-1.2-5.5-3.6-5.5-7v-4zM5.6 7.8l1.8 1.8 3-3.4',
  about: 'M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M8 7.2v4M8 4.8v.1',
  search: 'M7 2a5 5 0 1 0 0 10A5 5 0 0 0 7 2M10.7 10.7 14.5 14.5',
  menu: 'M2 4h12M2 8h12M2 12h12',
  sun: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1.1 1.1M11.9 11.9 13 13M13 3l-1.1 1.1M4.1 11.9 3 13',
  moon: 'M13.5 9.8A6 6 0 0 1 6.2 2.5a6 6 0 1 0 7.3 7.3',
  person: 'M8 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6M2.5 14.5c0-3 2.4-5 5.5-5s5.5 2 5.5 5',
  keys: 'M1.5 4h13v8h-13zM4 6.5h.1M6.7 6.5h.1M9.3 6.5h.1M12 6.5h.1M5 9.5h6',
  close: 'M3.5 3.5l9 9M12.5 3.5l-9 9',
  check: 'M2.5 8.5l3.5 3.5 7.5-8',
  left: 'M10 3 5 8l5 5',
  right: 'M6 3l5 5-5 5',
  upward: 'M8 13V3M4 7l4-4 4 4',
  downward: 'M8 3v10M4 9l4 4 4-4',
  more: 'M3 8h.1M8 8h.1M13 8h.1',
  plus: 'M8 3v10M3 8h10',
  filter: 'M1.5 3h13L9.5 8.7V14l-3-1.7V8.7z',
  columns: 'M2 3h12v10H2zM6 3v10M10 3v10',
  save: 'M3 2h8l2.5 2.5V14H3zM5.5 2v3.5h4V2M5 14V9h6v5',
  out: 'M6 2H2.5v12H6M7 8h7M11 5l3 3-3 3',
  link: 'M6.5 9.5l3-3M7 4.5 8.8 2.7a3 3 0 0 1 4.3 4.3L11.3 8.8M9 11.5l-1.8 1.8A3 3 0 0 1 2.9 9L4.7 7.2',
  down_file: 'M8 2v8M4.5 6.5 8 10l3.5-3.5M2.5 13.5h11',
  pin: 'M8 14.5S3 9.6 3 6.2a5 5 0 0 1 10 0c0 3.4-5 8.3-5 8.3M8 4.6a1.7 1.7 0 1 0 0 3.4 1.7 1.7 0 0 0 0-3.4',
  clock: 'M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M8 4.5V8l2.5 2',
  lock: 'M3.5 7.5h9v6.5h-9zM5.5 7.5v-2a2.5 2.5 0 0 1 5 0v2',
  globe: 'M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M1.5 8h13M8 1.5c2 2 2.8 4.2 2.8 6.5S10 12.500 8 14.500C6 12.500 5.200 10.300 5.200 8S6 3.500 8 1.500',
  tower: 'M8 6v8.500M5 14.500h6M5.500 8a3.500 3.500 0 0 1 0-5M10.500 8a3.500 3.500 0 0 0 0-5M3.500 9.500a6 6 0 0 1 0-8M12.500 9.500a6 6 0 0 0 0-8',
  code: 'M5.500 4 1.800 8l3.700 4M10.500 4l3.700 4-3.700 4M9 3 7 13',
  copy: 'M5.500 5.500h8v8h-8zM10.500 5.500v-3h-8v8h3',
} as const

export type SignName = keyof typeof PATHS

/** One of our signs; give it a word beside it, or a label on the button that holds it. */
export function Sign({ name, size = 16 }: { name: SignName; size?: number }) {
  return (
    <svg className="sign" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  )
}
