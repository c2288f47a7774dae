"""A real browser for test_browser.py: Chromium by Selenium, both from the distribution; and copies of the site with a fault in them."""
import base64
import contextlib
import functools
import http.server
import os
import pathlib
import re
import shutil
import tempfile
import threading

CHROMIUM, DRIVER = shutil.which('chromium'), shutil.which('chromedriver')
OPTIONS = ('--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking '
           '--disable-component-update --disable-sync --disable-dev-shm-usage --allow-file-access-from-files').split()


def why_not():
    """What is missing here; '' if nothing is."""
    try:
        import selenium  # noqa: F401
    except ImportError:
        return 'python3-selenium is not installed'
    if not CHROMIUM or not DRIVER:
        return f'{"chromium" if not CHROMIUM else "chromium-driver"} is not installed'
    return ''


def start():
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service
    options = Options()
    options.binary_location = CHROMIUM
    options.set_capability('goog:loggingPrefs', {'browser': 'ALL'})
    for option in OPTIONS:
        options.add_argument(option)
    driver = webdriver.Chrome(service=Service(DRIVER), options=options)
    driver.set_script_timeout(60)
    return driver


WIDE, PHONE = (1400, 1000), (390, 844)


class View:
    """One page of a site in one view: how wide, light or dark."""

    def __init__(self, driver, site):
        self.driver, self.site = driver, site

    def show(self, page, size=WIDE, look='light', anchor=''):
        self.driver.execute_cdp_cmd('Emulation.setDeviceMetricsOverride',
                                    {'width': size[0], 'height': size[1], 'deviceScaleFactor': 1, 'mobile': size == PHONE})
        self.media(look)
        self.driver.get('about:blank')  # else another anchor of the same page loads nothing
        self.driver.get(f'{self.site}/{page}.html{anchor}')

    def media(self, look='light', kind=''):
        self.driver.execute_cdp_cmd('Emulation.setEmulatedMedia',
                                    {'media': kind, 'features': [{'name': 'prefers-color-scheme', 'value': look}]})

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def press(self, *keys):
        from selenium.webdriver.common.action_chains import ActionChains
        from selenium.webdriver.common.keys import Keys
        for key in keys:
            ActionChains(self.driver).send_keys(getattr(Keys, key, key)).perform()

    def all(self, selector):
        return self.driver.find_elements('css selector', selector)

    def one(self, selector):
        return self.driver.find_element('css selector', selector)

    def wait(self, script, *arguments, seconds=10):
        from selenium.webdriver.support.ui import WebDriverWait
        WebDriverWait(self.driver, seconds).until(lambda _: self.run(script, *arguments), script)

    @property
    def page(self):
        return self.driver.current_url.rsplit('/', 1)[-1].split('#')[0].removesuffix('.html')

    def printed_pages(self):
        """How many sheets of A4 the page is printed on."""
        made = self.driver.execute_cdp_cmd('Page.printToPDF', {'paperWidth': 8.27, 'paperHeight': 11.69, 'preferCSSPageSize': True})
        return len(re.findall(rb'/Type\s*/Page\b(?!s)', base64.b64decode(made['data'])))


@contextlib.contextmanager
def planted(site, changes):
    """A copy of the site with a fault: {file: [(pattern, replacement), …]}; the file '*' is every page."""
    with tempfile.TemporaryDirectory() as folder:
        for file in pathlib.Path(site).iterdir():
            edits = changes.get(file.name, []) + (changes.get('*', []) if file.suffix == '.html' else [])
            if not edits:
                os.symlink(file, pathlib.Path(folder, file.name))
                continue
            text = file.read_text()
            for pattern, replacement in edits:
                changed = re.sub(pattern, lambda _, new=replacement: new, text, flags=re.S)
                if changed == text and file.name in changes:
                    raise ValueError(f'{file.name} has no {pattern}')
                text = changed
            pathlib.Path(folder, file.name).write_text(text)
        yield pathlib.Path(folder)


@contextlib.contextmanager
def served(site):
    """The site from a web server of its own."""
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), functools.partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f'http://127.0.0.1:{server.server_port}'
    finally:
        server.shutdown()
        server.server_close()
