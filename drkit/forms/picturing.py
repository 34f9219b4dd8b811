"""The picture of the zones with the band above it: HTML, with and without a screen, and no widgets."""

from IPython.display import HTML

from drkit import report
from drkit.forms.band import band
from drkit.forms.markup import style_sheet
from drkit.site import Site


def picture_of_zones(site: Site, group: str = "") -> HTML:
    """The groups between their zones, with servers and pairs; one group alone where it is named.

    The band above it says where all of this is.
    """
    where = site.backend
    top = band(where, {"region": where.region, "project": where.project, "group": group})
    picture = report.zones(site.inventory(group), group)
    return HTML(f'{style_sheet()}{top}<div class="drkit-picture">{picture}</div>')
