// What the logic of the widgets asks of a browser when it is loaded, for tests that run without one.
globalThis.location ??= { search: '' }
globalThis.navigator ??= { language: 'en' }
globalThis.matchMedia ??= () => ({ matches: false, addEventListener() {}, removeEventListener() {} })
