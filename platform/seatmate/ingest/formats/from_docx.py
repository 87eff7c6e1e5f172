"""A Word document: headings, paragraphs, numbered lists and tables in order.

Page headers, footers, text boxes, tables of contents and hidden text are left out. A number that Word counts by itself
is written out as Word shows it; bullets are not.
"""

import re
from collections.abc import Iterator
from io import BytesIO

import docx
from docx.document import Document
from docx.oxml.ns import qn

from seatmate.domain.errors import UnreadableDocument
from seatmate.ingest.formats.numbering import Numbering
from seatmate.ingest.formats.package import refuse_unsafe
from seatmate.ingest.formats.styles import Style, styles_of
from seatmate.ingest.formats.table import Cell, Line, Place, read_table
from seatmate.ingest.pieces import Heading, Paragraph, Piece, Remark
"""E"""
