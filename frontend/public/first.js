// Runs before anything is drawn: theme, contrast and language as this browser chose them, so that no wrong one flashes.
;(function () {
  var html = document.documentElement
  var kept = {}
  try {
    kept = JSON.parse(localStorage.getItem('lenskeeper') || '{}')
  } catch (_) {
    // a browser that keeps nothing gets what the system says
  }
  var scheme = kept.scheme === 'light' || kept.scheme === 'dark' ? kept.scheme : ''
  if (!scheme) scheme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
  html.setAttribute('data-mantine-color-scheme', scheme)
  if (kept.contrast === 'more' || (!kept.contrast && matchMedia('(prefers-contrast: more)').matches)) {
    html.setAttribute('data-contrast', 'more')
  }
  html.lang = kept.language || (/^zh/i.test(navigator.language) ? 'zh-CN' : 'en')
})()
