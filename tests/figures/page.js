// Looks at the page from inside, at the end of its body, and leaves what it found in the title for --dump-dom. Put there by
// tests/figures/page.sh into a copy; the page itself has no such thing.
(async () => {
        const found = {};
        const links = [...document.querySelectorAll('svg a')];
        found.links = links.filter(a => document.querySelector(a.getAttribute('href')) && a.querySelector('path')).length;
        found.unnamed = links.filter(a => !/: (\d+[.,]\d (pct\.|%)|\.\. )/.test(a.getAttribute('aria-label'))).length;
        found.keyboard = links.filter(a => { a.focus(); return document.activeElement === a; }).length;
        found.sideways = document.documentElement.scrollWidth > innerWidth;
        found.big = document.querySelector('.big').textContent;
        found.first = document.querySelector('.big').getBoundingClientRect().bottom <= 844;
        found.elsewhere = document.querySelectorAll('[src],link,iframe,object,embed,image').length;
        const table = document.querySelector('#a0101').closest('table');
        const head = table.tHead.rows[0].cells[2].querySelector('button');
        const column = () => [...table.tBodies[0].rows].map(r => +r.cells[2].dataset.v);
        head.click();
        const up = column();
        head.click();
        const down = column();
        found.sorts = up.length === 98 && up.every((v, i) => !i || up[i - 1] <= v) && down.every((v, i) => !i || down[i - 1] >= v);
        found.axe = 'not asked';
        if (window.axe) {
                document.querySelectorAll('details').forEach(d => d.open = true);
                const r = await axe.run();
                found.axe = r.violations.map(v => v.id + ' ' + v.nodes[0].html).join('; ') || 'clean';
        }
        top.document.title = 'FOUND ' + JSON.stringify(found);
})();
