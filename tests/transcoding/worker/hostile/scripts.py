"""Texts that name other files, as ffmpeg reads them when it is let."""

from collections.abc import Callable, Sequence

Script = Callable[[Sequence[str]], str]
"""Makes the text that names these targets; a target is a URL, or a path."""


def each(line: str, *, head: str, foot: str = "") -> Script:
    """Return the script that has this line for each target."""
    return lambda targets: head + "".join(line.format(target=target) for target in targets) + foot


HLS = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:9\n"
END = "#EXT-X-ENDLIST\n"
MPD = (
    '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
    'mediaPresentationDuration="PT9S" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period>'
)
REPRESENTATION = (
    '<AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1" codecs="avc1.64001f">'
    "<BaseURL>{target}</BaseURL></Representation></AdaptationSet>"
)
SCRIPTS: dict[str, Script] = {
    "hls": each("#EXTINF:9,\n{target}\n", head=HLS, foot=END),
    "hls multivariant": each("#EXT-X-STREAM-INF:BANDWIDTH=1\n{target}\n", head="#EXTM3U\n"),
    "hls init segment": each('#EXT-X-MAP:URI="{target}"\n#EXTINF:9,\n{target}\n', head=HLS, foot=END),
    "hls key": each('#EXT-X-KEY:METHOD=AES-128,URI="{target}"\n#EXTINF:9,\n{target}\n', head=HLS, foot=END),
    "hls sound": each(
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="a",URI="{target}"\n'
        '#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="a"\n{target}\n',
        head="#EXTM3U\n",
    ),
    "dash": each(REPRESENTATION, head=MPD, foot="</Period></MPD>"),
    "ffconcat": each("file '{target}'\n", head="ffconcat version 1.0\n"),
    "sdp": each(
        "a=control:{target}\n",
        head="v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
        "m=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
    ),
    "asf redirector": each("Ref1={target}\n", head="[Reference]\n"),
    "rtsp text": each("{target}\n", head="RTSPtext\n"),
    "smil": each('<video src="{target}"/>', head="<smil><body>", foot="</body></smil>"),
    "imf": each(
        "<Asset><Path>{target}</Path></Asset>",
        head='<?xml version="1.0"?>\n<CompositionPlaylist xmlns="http://www.smpte-ra.org/schemas/2067-3/2016">',
        foot="</CompositionPlaylist>",
    ),
    "svg": each(
        '<image width="9" height="9" xlink:href="{target}"/>',
        head='<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">',
        foot="</svg>",
    ),
    "avisynth": each('AviSource("{target}")\n', head=""),
    "vobsub": each("id: en, index: 0\n# {target}\n", head="# VobSub index file, v7 (do not modify this line!)\n"),
    "terminal": each("\x1b[2J\x1b[31m{target}\r\n", head="\x1b[0m"),
}
