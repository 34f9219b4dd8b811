"""The picture of the zones with the band above it: HTML, and no widgets."""

from IPython.display import HTML

from drkit.forms.band import band
from drkit.forms.markup import style_sheet
from drkit.report import zones
from drkit.site import Site


def picture(site: Site, group: str) -> HTML:
    """The groups between their zones; one group alone where it is named."""
    where = site.backend
    top = band(where, {"region": where.region, "project": where.project, "group": group})
    drawn = zones(site.inventory(group), group)
    return HTML(f'{style_sheet()}{top}<div class="drkit-picture">{drawn}</div>')
