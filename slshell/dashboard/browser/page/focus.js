// Keys go to the terminal from the first drawn byte on, without a click.
new MutationObserver((_changes, observer) => {
  const entry = document.querySelector("#terminal textarea");
  if (entry && document.body.classList.contains("-first-byte")) {
    entry.focus();
    observer.disconnect();
  }
}).observe(document, { attributes: true, childList: true, subtree: true });
