# Everything that the bot says in English. People read sentences, never codes.

-bot = Atelier

## Telegram's own places

bot-description =
    I paint your photo in the style of any painting. Send me a photo, then a painting – or choose one of mine – and watch the picture paint itself.
bot-short-description = Your photo, painted in the style of any painting.
language-name = English
command-start = Begin
command-paint = Paint the picture that you reply to
command-styles = All styles, and your own
command-status = Your paintings under way
command-cancel = Stop what I am painting for you
command-settings = How you like your paintings
command-language = Choose a language
command-help = How it works
command-privacy = What I keep, and for how long
command-forget = Erase everything of yours
command-stats = Figures
command-broadcast = Tell everybody something
command-ban = Shut somebody out
command-unban = Let somebody in again
command-drain = Start no more paintings
command-resume = Paint again

## Conversation

start =
    Hello{ $name ->
        [none] {""}
       *[other] , { $name }
    }! I paint photos.

    Send me a photo, then pick a style. You can also pick one here first, or send any painting you like.
help =
    1. Send a photo. Sent as a file it keeps all its pixels.
    2. Tap a style below it, and I start painting. You can also name a style in the photo’s caption, or send a painting or a sticker to use as the style. /styles shows all styles.
    3. ⚙ Adjust sets how strong the style is, the colours, the size and more. /settings keeps your choices.

    The picture paints itself before your eyes. /cancel stops it at any moment, /status says how far it is. Reply to any picture with a painting or a style’s name to paint that one.
privacy =
    What I keep, and for how long:

    • Your photos and paintings: only until yours is painted. Telegram keeps what you sent; I keep a reference to it.
    • Finished paintings, their films and their settings: until a few days after I delivered them, for the file and the buttons below it.
    • Your language, your settings, the styles you keep and what you were about to paint: until you say /forget.

    Nobody else sees any of it, and nothing is learned from it. /forget erases it all at once. Only if an admin has shut somebody out does that person’s number stay.
ask-style = Pick a style and I’ll start painting. You can also send a painting you like.
ask-blend = And which painting shall be blended in? Send me one, or tap one of mine:
gallery = These are my styles. Tap one, or send me any painting you like.
my-styles = The styles you keep. Tap one to paint with it.
no-styles-yet = You keep no styles yet. Send me a photo and a painting; below them is a button that keeps the painting.
no-such-style = I do not have that style at the moment. Please choose another.
style-chosen = { $style }: a good choice. Now send me the photo.
send-a-photo = Send me a photo, or an image as a file, and I paint it.
first-frame = That one moves. I take its first frame.
name-it = What shall I call this style? Write me its name.
style-kept = I keep it as “{ $name }”. You find it with /styles, or write its name as a photo’s caption.
style-gone = I let go of it.
too-many-styles = You keep { $most } styles already. Let go of one of them first: /styles.
nothing-to-keep = There is nothing to keep any more. Send me the photo and the painting again.
tap-paint = Both pictures are here: tap Paint below them, or send another painting.
ready = Paint this in the style of { $style }?
adjust = Style: { $style }
counter-live = { $count ->
        [one] One painting of yours is under way; { $limit } may be at a time.
       *[other] { $count } paintings of yours are under way; { $limit } may be at a time.
    }
counter-today = { $count ->
        [0] Within a day you may have { $limit } paintings.
        [one] One of your { $limit } paintings within a day is used.
       *[other] { $count } of your { $limit } paintings within a day are used.
    }
your-paintings = { $count ->
        [one] the painting you sent
       *[other] the { $count } paintings you sent
    }
lost-style = a style that is gone
work = “{ $title }”{ $artist ->
        [none] {""}
       *[other] {" "}by { $artist }
    }{ $year ->
        [none] {""}
       *[other] , { $year }
    }
credit = After { $work }{ $owner ->
        [none] {""}
       *[other] . { $owner }
    }
share = Have your photo painted like { $style }
button-strength-photo = Strength ●○○
button-strength-balanced = Strength ●●○
button-strength-painting = Strength ●●●
button-colours-painting = ○ Photo’s colours
button-colours-mine = ✓ Photo’s colours
button-stroke-fine = Strokes ●○○
button-stroke-medium = Strokes ●●○
button-stroke-broad = Strokes ●●●
button-faces-keep = ✓ Keep faces
button-faces-paint = ○ Keep faces
button-quality-draft = Quality ●○○
button-quality-normal = Quality ●●○
button-quality-fine = Quality ●●●
button-size = ⤢ { $size }{ $time ->
        [none] {""}
       *[other] {" "}· about { $time }
    }
size-384 = Small
size-512 = Medium
size-768 = Large
size-1024 = Extra large
size-1536 = Huge
size-2048 = Poster
size-pixels = { $size } px
brief-seconds = { $count } s
brief-minutes = { $count } min
button-swap = ⇄ Swap
button-new-photo = 📷 New photo
button-blend = ➕ Blend
button-keep = ⭐ Keep style
button-paint = 🖌 Paint
button-surprise = 🎲 Surprise me
button-last = ↺ As last time
button-mine = ⭐ Mine
button-gallery = 🖼 All styles
button-back = ‹ Back
button-let-go = ✕ Let go
button-cancel = ✕ Stop
button-cancel-number = ✕ Stop { $number }
button-again = 🔁 Again
button-stronger = + Stronger
button-softer = − Softer
button-other = 🖼 Other style
button-adjust = ⚙ Adjust
button-more = More…
button-bigger = ⤢ Bigger
button-compare = ↔ Compare
button-file = 📄 File
button-film = 🎬 Film
button-next = ➜ Paint over
button-share = ↗ Share
button-delete = 🗑 Delete
button-erase = 🗑 Delete
button-retry = 🔁 Try again
started-over = Forgotten. Send me a photo whenever you like.
extra-pictures = I took the first picture as the photo and the next { $most } as paintings to blend; the others I left aside.
painting-each = I’m painting all { $count } photos.
painting-some = I’m painting { $count } of { $all } photos.
photo-put-aside = I’ve set your earlier photo aside. To paint it, reply to it with a style.
photo-waits = The photo you sent last is still waiting for a style.
no-style-by-name = I don’t know a style called “{ $name }”. Did you mean one of these?

## A person's own

status = { $count ->
        [0] I am not painting anything for you right now.
        [one] I have one painting of yours in hand; { $limit } may be at a time.
       *[other] I have { $count } paintings of yours in hand; { $limit } may be at a time.
    }
status-running = Like { $style }: { $percent } % painted{ $eta ->
        [none] {""}
       *[other] , about { $eta } to go
    }.
status-queued = Like { $style }: { $position ->
        [0] next in line
        [one] one painting before it
       *[other] { $position } paintings before it
    }{ $eta ->
        [none] {""}
       *[other] , done in about { $eta }
    }.
settings = This is how I paint for you unless you say otherwise:
recipe = { $strength ->
        [photo] Light
        [painting] Full
       *[balanced] Balanced
    } · { $colours ->
        [mine] the photo’s colours
       *[painting] the painting’s colours
    } · { $stroke ->
        [fine] fine strokes
        [broad] broad strokes
       *[medium] medium strokes
    }{ $faces ->
        [paint] {" "}· painterly faces
       *[keep] {""}
    } · { $quality ->
        [draft] quick sketch
        [fine] finest quality
       *[normal] good quality
    } · size { $size }
language = In which language shall I speak with you?
button-as-telegram = As in Telegram
forget = Shall I erase everything of yours – paintings, kept styles, settings? What I am painting for you stops. This cannot be undone.
button-forget = 🗑 Erase everything
button-keep-all = Keep it
not-forgotten = Nothing was erased.
forgotten = Erased: { $count ->
        [0] no paintings
        [one] one painting
       *[other] { $count } paintings
    }, your styles, settings and language. I looked again: { $left ->
        [0] nothing of yours is left here.
       *[other] { $left } things are still here. Please send /forget once more.
    } The messages in this chat are yours to delete.
stopped-and-forgotten = Stopped, and forgotten.

## For admins

stats =
    People: { $people }
    Waiting: { $queued }, painting: { $running }, painters: { $workers }
    In the last day: { $done } done, { $failed } failed, { $cancelled } stopped, for { $owners ->
        [one] one person
       *[other] { $owners } people
    }
    { $seconds ->
        [none] Nothing was painted.
       *[other] A painting takes { $seconds }.
    }
drained = I start no more paintings; those under way come to their end. /resume paints again.
resumed = I paint again.
broadcast-what = Write what everybody shall be told after the command: /broadcast Good morning!
broadcast-sure = Shall I tell this to { $count ->
        [one] one person
       *[other] { $count } people
    }?
button-tell-all = 📣 Tell everybody
button-tell-none = ✕ Do not
broadcast-begun = I am telling everybody.
broadcast-over = Everybody has been told: { $told } heard it, { $gone } were not there.
not-broadcast = Nobody was told.
ban-whom = Whom? Reply to a message of theirs, or write their number after the command. Admins cannot be shut out.
banned = { $person } is shut out.
unbanned = { $person } may come in again.

## A painting on its way

preparing = One moment: I am setting up the canvas …
queued = { $position ->
        [0] You are next.
        [one] One painting is before yours.
       *[other] { $position } paintings are before yours.
    }{ $eta ->
        [none] {""}
       *[other] {" "}It will be done in about { $eta }.
    }
waiting-for-painter = The painter is getting ready. It will start on yours { $position ->
        [0] first.
        [one] after one other.
       *[other] after { $position } others.
    }
painting = { $bar } { $percent } %
    Painting like { $style }{ $eta ->
        [none] {" "}…
       *[other] , about { $eta } to go.
    }
seconds = { $count ->
        [one] a second
       *[other] { $count } seconds
    }
minutes = { $count ->
        [one] a minute
       *[other] { $count } minutes
    }
hours = { $count ->
        [one] an hour
       *[other] { $count } hours
    }
card = Your photo, in the style of { $style }.
done = In the style of { $style } · { $time }
pixels = { $width } × { $height } pixels
note-eased = Many are waiting, so I painted it smaller than the { $asked } you asked for. Tap Bigger when it is quieter.
note-photo-smaller-than-size = I never enlarge a photo, so the painting is as small as yours.
note-painting-smaller-than-canvas = The painting you sent is smaller than the canvas; a larger one gives finer strokes.
note-painted-in-tiles = It is larger than my memory, so I painted it piece by piece; that takes longer.
note-painted-by-adam = It is far larger than my memory, so I painted it in a thriftier way.
note-painted-smaller = My memory was too short for the size you asked for, so I painted it smaller.
note-animation-first-frame = One of your pictures moves. I took its first frame.
cancelled = Stopped. Your photo and the painting are still here if you change your mind.
cancelling = Stopping …
cancelled-jobs = { $count ->
        [0] I am not painting anything for you right now.
        [one] I stopped your painting.
       *[other] I stopped your { $count } paintings.
    }
too-late = That one had ended already.
not-yours = Only the person who asked for this painting can do that.
file-gone = I no longer keep this painting’s file. Tap Again and I paint it anew.
film-gone = I have no film of this painting.
delete-sure = Delete this painting? This cannot be undone.
deleted = Deleted.
no-stronger = It is as strong as can be already.
no-softer = It is as light as can be already.
no-bigger = This is the largest size.
already-painted = That one is on its way already.
old-button = This button is from an earlier conversation. Send me a photo to begin anew.

## Errors, by code

error-image-unreadable = I could not read this as an image. JPEG, PNG, WebP, AVIF and HEIC all work.
error-image-truncated = This picture is cut off: it did not arrive whole. Please send it again.
error-image-too-large = This picture is too large for me: 20 MB and 80 megapixels are the most, and less for some kinds of file. Saved as a JPEG it may work.
error-image-too-small = This picture is too small to paint: each side needs 64 pixels at least.
error-image-too-narrow = This picture is too long and narrow for me: 20 to 1 is the most.
error-image-too-slow = This picture takes me too long to open. Saved anew as a JPEG or PNG, it will work.
error-recipe-invalid = I cannot paint with these settings.
error-preset-unknown = I no longer have this style. Please choose another.
error-too-many-today = You have had { $limit ->
        [one] your painting
       *[other] your { $limit } paintings
    } within a day, which is as many as I paint for one person. In { $hours ->
        [one] an hour
       *[other] { $hours } hours
    } there is room for the next one.
error-too-many-jobs = You have { $limit ->
        [one] one painting
       *[other] { $limit } paintings
    } under way, which is as many as I paint for one person at a time. Please wait for one, or stop one.
error-painting-diverged = This photo and this painting did not come together. Another strength or style will work.
error-out-of-memory = This painting was too large for my memory. A smaller photo will work.
error-worker-lost = My painter was interrupted three times over this one. Please try again, or with another photo.
error-queue-unavailable = My notebook is out of reach for a moment. Nothing is lost: please try again in a minute.
error-storage-full = I have no room left to take this on. Please try again later; your pictures are still here.
error-image-gone = I no longer have that picture. Please send it again.
put-aside = Something that you sent or tapped has stopped me again and again, so I put it aside. Please try something else.
error-internal = Something went wrong on my side, and it is noted. Please try again.
not-a-picture = { $kind ->
        [video] I cannot paint videos yet. Send me a photo, or a screenshot of the best moment.
        [animation] This one moves, and I paint what stands still. Send me a photo, or a screenshot of it.
        [voice] I have no ears, only eyes. Send me a photo, or write a style’s name.
        [sticker] This sticker moves. One that stands still can be the style; or send me a painting.
       *[other] I can only paint pictures. Send me a photo, or an image as a file.
    }

## Words around a style’s name in a message

# These phrases are not said but understood; | stands between two.
# name-leads: a style is named after these. name-fillers: they may stand before and after a name.
# name-openings: a longer lead may begin with these. name-refusals: before a name, they say that it is not meant.

name-leads = like | as | style | style of | in the style of | in style | into | using | with | by | in
name-fillers = a | an | the | it | this | please | thanks | thank you | painting | style | in | can you | could you | would you | paint | make | turn | pls | for me | my photo | the photo
name-openings = in
name-refusals = no | not | without

## Styles and artists

# Their English titles and names are in engine/styles/presets.toml and paintings.toml. Every other language has a text for
# each id here, with - for _ : style-starry-night, artist-van-gogh. The attribute .also has other names, | between two:
#
#     style-great-wave = Большая волна в Канагаве
#         .also = Большая волна
