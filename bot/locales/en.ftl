# Everything that the bot says in English. People read sentences, never codes.
#
# One name for each thing:
#   style       the look of a painting: one of the bot’s, or any painting that was sent
#   photo       the picture that is painted
#   painting    the result; also a work of art that is sent as a style
#   picture     any image; if it moves, it is animated
#   settings    strength, colours, strokes, faces, quality, size
#   video       how a painting came about
#   in progress is a painting that is queued or being painted
#   Adjust, Blend, Swap, Compare, Paint over, Save style, Stop, Remove (a style), Delete (a painting), Erase (all data)

-bot = Atelier

## Telegram's own places

bot-description =
    Send me a photo, pick a style, and I’ll turn it into a painting. Any painting you like can be the style, too. Watch yours take shape.
bot-short-description = Turn your photo into a painting, in any style you like.
language-name = English
command-start = Start
command-paint = Paint the picture you reply to
command-styles = All styles, including yours
command-status = Your paintings in progress
command-cancel = Stop your paintings
command-settings = Strength, colours, size and more
command-language = Choose a language
command-help = How it works
command-privacy = What I keep, and for how long
command-forget = Erase all your data
command-report = Report the painting you reply to
command-stats = Statistics for the last 24 hours
command-broadcast = Send an announcement to everyone
command-ban = Ban a user
command-unban = Unban a user
command-drain = Start no new paintings
command-resume = Start painting again

## Conversation

start =
    Hi{ $name ->
        [none] {""}
       *[other] , { $name }
    }! Send me a photo and I’ll paint it.

    Then choose a style, or send a painting you like. You can also choose a style first.
start-group =
    Hi{ $name ->
        [none] {""}
       *[other] , { $name }
    }! Reply to this message with a photo and I’ll paint it. You can choose a style first.
hello-group =
    Hi! I turn photos into paintings.

    Reply to a photo with /paint{ $bot } and pick a style, or name one: /paint{ $bot } mosaic. You can also send /paint{ $bot } and reply to my answer with a photo.
hello-group-all =
    Hi! I turn photos into paintings.

    Send a photo that mentions { $bot } in its caption, or reply to one with /paint{ $bot }. You can name a style, too: /paint{ $bot } mosaic.
help =
    1. Send a photo. For full resolution, send it as a file.
    2. Tap a style and I’ll start painting. You can also write a style’s name in the caption, or send a painting or a sticker as the style. All styles: /styles.
    3. ⚙ Adjust changes the strength, colours, size and more. Your defaults are in /settings.

    You’ll see the painting take shape. /status shows the progress, /cancel stops it. To paint an earlier picture, reply to it with a style’s name or a painting.
privacy =
    What I keep, and for how long:

    • Photos and paintings you send: until your painting is done, a day longer if it fails. Telegram keeps the originals; I keep a reference to them.
    • Finished paintings, their videos and settings: a few more days, so that their buttons work.
    • What you’re about to paint: until 90 days after you last changed it.
    • Your ID, language, settings and saved styles: until you send /forget, or a year after you last used me.

    I don’t share any of it, and nothing is trained on it. /forget erases it all at once. If you are banned, I keep only your ID.
privacy-count =
    How many paintings you’ve had in the last 24 hours, without the paintings: until those hours are over, even after /forget. That’s how the daily limit works.
privacy-samples =
    In our private chat, while you choose a style, I paint small samples of your photo when I have time. They’re kept for a quarter of an hour at most, and /forget erases them too.
privacy-reports =
    Anyone who sees one of your paintings can report it. Then the people who run this bot get the painting, with your ID and the ID of the person who reported it. /forget doesn’t reach those messages.
privacy-guests =
    If you mention me in a chat I’m not in, I see only that message and the one it replies to. The painting is posted there, and /forget doesn’t reach it.
ask-style = Pick a style, or send a painting you like.
ask-blend = Which painting should I blend in? Send it, or pick a style.
gallery = Choose a style, then send me a photo.
ask-style-group = Pick a style, or reply to this message with a painting you like.
ask-blend-group = Which painting should I blend in? Pick a style, or reply to this message with it.
gallery-group = Choose a style, then reply to my answer with a photo.
my-styles = Your saved styles. Tap one to paint with it.
no-styles-yet = You have no saved styles yet. Send a photo and a painting, then tap ⚙ Adjust and ⭐ Save style.
no-such-style = I don’t have that style right now. Please pick another.
style-chosen = Style: { $style }. Now send me a photo.
send-a-photo = Send me a photo and I’ll paint it.
style-chosen-group = Style: { $style }. Now reply to this message with a photo.
send-a-photo-group = Reply to this message with a photo and I’ll paint it.
no-photos-here = I’m not allowed to send photos here. An admin of the group can change that.
no-kind-here = { $kind ->
        [story] I’m not allowed to send videos here.
        [sticker] I’m not allowed to send stickers here.
        [video] The video is a GIF, and I’m not allowed to send GIFs here.
       *[file] I’m not allowed to send files here.
    } An admin of the group can change that.
paint-in-private = In our private chat I can always paint for you.
button-private = 💬 Private chat
not-here = I only paint in the chats that my host has chosen.
guest-card = I’ll paint this in the style of { $style }.
guest-start = To paint here, I need a chat with you. Open it, tap Start, then ask me here again.
guest-help = Reply to a photo with my name and a style, like this: { $bot } mosaic
guest-no-style = I don’t know a style called “{ $name }”. The nearest: { $styles }.
guest-voice = I can’t paint here for someone who writes as a group or a channel.
guest-in-private = Your painting in the style of { $style } is in our private chat.
guest-stopped = Stopped.
first-frame = That one is animated. I’ll use its first frame.
name-it = What should I call this style?
name-it-group = What should I call this style? Reply to this message with a name.
style-kept = Saved as “{ $name }”. Find it in /styles, or write its name in a photo’s caption.
style-gone = Removed.
too-many-styles = You already have { $most } saved styles. Remove one first: /styles.
nothing-to-keep = There’s nothing left to save. Send the photo and the painting again.
tap-paint = I have both pictures. Tap 🖌 Paint, or send another painting.
ready = Paint this in the style of { $style }?
adjust = Style: { $style }
counter-live = { $count ->
        [one] { $count } painting in progress (up to { $limit } at once).
       *[other] { $count } paintings in progress (up to { $limit } at once).
    }
counter-today = { $limit ->
        [one] { $count } of { $limit } painting in the last 24 hours.
       *[other] { $count } of { $limit } paintings in the last 24 hours.
    }
your-paintings = { $count ->
        [one] the painting you sent
       *[other] the { $count } paintings you sent
    }
lost-style = a style I no longer have
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
share = Get your photo painted in the style of { $style }
shared = Painted in the style of { $style }
button-paint-mine = 🖌 Paint mine
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
button-keep = ⭐ Save style
button-paint = 🖌 Paint
button-surprise = 🎲 Surprise me
button-last = ↺ Last style
button-mine = ⭐ My styles
button-gallery = 🖼 All styles
button-back = ‹ Back
button-let-go = ✕ Remove
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
button-film = 🎬 Video
button-story = 📱 For stories, 9:16
button-sticker = 🙂 Sticker
button-next = ➜ Paint over
button-share = ↗ Share
button-report = ⚑ Report
button-flag = ⚑ Report
button-delete = 🗑 Delete
button-erase = 🗑 Delete
button-retry = 🔁 Try again
button-show = 🖼 Send it here
button-send = 🖼 Send { $number }
button-show-private = 💬 Send it in private
started-over = Cleared. Send me a photo anytime.
extra-pictures = The first picture is the photo, the next { $most } are the styles. I skipped the rest.
blend-full = A blend has up to { $most } paintings, so I left the rest out.
painting-each = I’m painting all { $count } photos.
painting-some = I’m painting { $count } of { $all } photos.
photo-put-aside = I’ve set your earlier photo aside. To paint it, reply to it with a style.
photo-waits = The photo you sent last is still waiting for a style.
no-style-by-name = I don’t know a style called “{ $name }”. Did you mean one of these?

## A person's own

status = { $count ->
        [0] You have no paintings in progress.
        [one] { $count } painting in progress (up to { $limit } at once).
       *[other] { $count } paintings in progress (up to { $limit } at once).
    }
status-running = Style: { $style }. { $percent }% done{ $eta ->
        [none] {""}
       *[other] , about { $eta } left
    }.
status-queued = Style: { $style }. { $position ->
        [0] Next in line
        [one] { $position } painting ahead
       *[other] { $position } paintings ahead
    }{ $eta ->
        [none] {""}
       *[other] , ready in about { $eta }
    }.
status-held = Style: { $style }. Finished, but I couldn’t send it.
settings = Your default settings:
recipe = { $strength ->
        [photo] Light
        [painting] Full
       *[balanced] Medium
    } strength · { $colours ->
        [mine] photo’s colours
       *[painting] painting’s colours
    } · { $stroke ->
        [fine] fine strokes
        [broad] broad strokes
       *[medium] medium strokes
    }{ $faces ->
        [paint] {" "}· faces not kept
       *[keep] {""}
    } · { $quality ->
        [draft] draft quality
        [fine] best quality
       *[normal] good quality
    } · size: { $size }
language = Which language should I use?
button-as-telegram = Same as Telegram
forget = Erase all your data: paintings, saved styles and settings? This also stops your paintings in progress, and can’t be undone.
button-forget = 🗑 Erase everything
button-keep-all = Keep everything
not-forgotten = Nothing was erased.
forgotten = Erased: { $count ->
        [0] {""}
        [one] { $count } painting,{" "}
       *[other] { $count } paintings,{" "}
    }your styles, settings and language. { $left ->
        [0] I checked: nothing is left.
        [one] { $left } item is left. Please send /forget again.
       *[other] { $left } items are left. Please send /forget again.
    } You can delete the messages in this chat yourself.
forgotten-but-count =
    Only a count stays: you’ve had { $count ->
        [one] { $count } painting
       *[other] { $count } paintings
    } in the last 24 hours. It goes when they’re over.
stopped-and-forgotten = Stopped and erased.

## For admins

stats =
    Users: { $people }
    Queued: { $queued }, painting: { $running }, workers: { $workers }
    Last 24 hours: { $done } done, { $failed } failed, { $cancelled } stopped, for { $owners ->
        [one] { $owners } user
       *[other] { $owners } users
    }
    { $seconds ->
        [none] Nothing was painted.
       *[other] Average time per painting: { $seconds }.
    }
refused = Refused in the last 24 hours:
refused-kind = • { $kind ->
        [banned] banned users
        [elsewhere] messages in other chats
        [not-a-picture] no picture in the message
        [forbidden] no right to send pictures
        [forbidden-kind] no right to send files, videos or stickers
        [refused] paintings that Telegram refused
        [image-unreadable] pictures that can’t be opened
        [image-damaged] damaged pictures
        [image-video] videos
        [image-kind] files of other kinds
        [image-truncated] incomplete pictures
        [image-too-large] pictures that are too large
        [image-too-small] pictures that are too small
        [image-too-narrow] pictures that are too narrow
        [image-too-slow] pictures that open too slowly
        [image-gone] pictures that Telegram doesn’t hand over
        [image-unavailable] pictures that Telegram doesn’t hand over
        [preset-unknown] styles that are gone
        [too-many-today] daily limit
        [too-many-jobs] limit of paintings at once
       *[other] other reasons
    }: { $count }
drained = No new paintings will start; those in progress will finish. To start again: /resume.
resumed = Painting again.
broadcast-what = Write the announcement after the command: /broadcast Good morning!
broadcast-sure = Send this to { $count ->
        [one] { $count } user
       *[other] { $count } users
    }?
button-tell-all = 📣 Send
button-tell-none = ✕ Don’t send
broadcast-begun = Sending the announcement.
broadcast-over = Announcement sent. Delivered: { $told }, not delivered: { $gone }.
not-broadcast = Nothing was sent.
button-ban = ✕ Ban user { $user }
button-withdraw = 🗑 Delete the painting
reported =
    A painting was reported. Style: { $style }.

    Asked for by user { $user } in chat { $chat }.
    Reported by user { $reporter }.
withdrawn = Removed by the people who run this bot.
ban-whom = Reply to a message from the user, or write their ID after the command. Admins can’t be banned.
banned = User { $person } is banned.
unbanned = User { $person } is no longer banned.

## A painting on its way

preparing = Setting up the canvas…
queued = { $position ->
        [0] You’re next.
        [one] { $position } painting ahead of yours.
       *[other] { $position } paintings ahead of yours.
    }{ $eta ->
        [none] {""}
       *[other] {" "}Ready in about { $eta }.
    }
waiting-for-painter = The painter isn’t ready yet; your painting will wait. { $position ->
        [0] You’re next.
        [one] { $position } painting ahead of yours.
       *[other] { $position } paintings ahead of yours.
    }
painting = { $bar } { $percent }%
    Painting in the style of { $style }{ $eta ->
        [none] …
       *[other] , about { $eta } left.
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
held-forbidden = Your painting in the style of { $style } is finished, but I’m not allowed to send pictures to the group. An admin there can change that. I’ll keep it for a few days.
held-refused = Your painting in the style of { $style } is finished, but Telegram didn’t accept it. I’ll keep it for a few days; you can try again.
pixels = { $width } × { $height } pixels
note-eased = It’s busy, so this is smaller than you asked for ({ $asked }). When it’s quieter, tap More… and ⤢ Bigger.
note-photo-smaller-than-size = Your photo is small, so the painting is too.
note-painting-smaller-than-canvas = The painting you sent is small. A larger one gives finer strokes.
note-painted-in-tiles = This one is very large, so I painted it in pieces. That takes longer.
note-painted-by-adam = This one is very large, so I painted it in a way that needs less memory.
note-painted-smaller = I ran out of memory at the size you asked for, so this is smaller.
note-animation-first-frame = One of your pictures is animated. I used its first frame.
note-picture-incomplete = One of your picture files is damaged. I made up the bit that’s missing at the bottom.
cancelled = Stopped. Changed your mind? Tap 🔁 Try again.
cancelling = Stopping…
cancelled-jobs = { $count ->
        [0] You have no paintings in progress.
        [one] I stopped your painting.
       *[other] I stopped your { $count } paintings.
    }
too-late = That painting is no longer in progress.
already-sent = I’ve already sent this painting.
not-yours = Only the person who asked for this painting can do that.
not-yours-but-report = Only the person who asked for this painting can do that. To report the painting, reply to it with /report.
report-sure = Report this painting? The people who run this bot will see it, with your ID and the ID of the person who asked for it.
report-sure-tap = Report this painting? The people who run this bot will see it, with your ID and its owner’s. To confirm, tap ⚑ Report again.
report-thanks = Thank you. The people who run this bot will look at it.
report-enough = You’ve reported several paintings today. Please wait until tomorrow.
painting-gone = I no longer have this painting.
report-failed = I couldn’t reach the people who run this bot. Please try again later.
report-what = Reply to a painting of mine with /report.
file-gone = I no longer have this file. Tap 🔁 Again and I’ll repaint it.
film-gone = There’s no video of this painting.
making-story = Making it… a few seconds.
story-busy = I’m making a few videos already. Please try again in a minute.
delete-sure = Delete this painting? This can’t be undone.
deleted = Deleted.
not-deleted = Telegram didn’t let me delete this painting, so it’s still there. In a group, an admin can delete it.
no-stronger = It’s already at full strength.
no-softer = It’s already as soft as it gets.
no-bigger = This is the largest size.
already-begun = I’ve already started this painting. Stop it, or tap 🖼 Other style when it’s done.
already-painted = That painting is already in progress.
old-button = This button is out of date. Send me a photo to start again.

## Errors, by code

error-image-unreadable = I couldn’t open this as an image. Please send a JPEG, PNG, WebP, AVIF or HEIC.
error-image-damaged = This picture file is damaged. Please save it again, or send it as a photo.
error-image-video = This is a video. I can’t paint videos yet: send me a photo or a screenshot.
error-image-kind = { $kind ->
        [unknown] I can’t read files of this kind.
       *[other] I can’t read { $kind } files.
    } Save the picture as a JPEG and send it again.
error-image-truncated = { $percent ->
        [0] This picture arrived incomplete.
       *[other] Only { $percent }% of this picture arrived.
    } Please send it again.
error-image-too-large = This picture is too large: { $megabytes ->
        [0] 80 megapixels
       *[other] { $megabytes } MB and 80 megapixels
    } at most, less for some formats. Try a smaller JPEG.
error-image-too-small = This picture is too small: each side needs at least 64 pixels. Please send a larger one.
error-image-too-narrow = This picture is too long and narrow: 20:1 at most. Crop it and send it again.
error-image-too-slow = This picture takes too long to open. Save it as a JPEG or PNG and send it again.
error-recipe-invalid = I can’t paint with these settings. Change them in /settings.
error-preset-unknown = I no longer have this style. Please pick another.
error-too-many-today = You’ve reached the limit of { $limit ->
        [one] { $limit } painting
       *[other] { $limit } paintings
    } in 24 hours. You can paint again in { $hours ->
        [one] an hour
       *[other] { $hours } hours
    }.
error-too-many-jobs = You already have { $limit ->
        [one] { $limit } painting
       *[other] { $limit } paintings
    } in progress, the most you can have at once. Wait for one, or stop one: /status.
error-painting-diverged = These two didn’t work together. Try another strength or style.
error-out-of-memory = This painting was too large for my memory. Try a smaller size or photo.
error-worker-lost = This painting was interrupted three times. Please try again, or use another photo.
error-queue-unavailable = I can’t reach my storage right now. Nothing is lost: I’ll go on as soon as it’s back.
error-storage-full = My storage is full. Please try again later; your pictures are still here.
error-image-unavailable = Telegram isn’t handing me that picture right now. Please try again in a minute, or send it once more.
error-image-gone = I no longer have that picture. Please send it again.
put-aside = That kept failing, so I skipped it. Please try something else.
error-internal = Something went wrong on my side, and it’s been logged. Please try again.
not-a-picture = { $kind ->
        [video] I can’t paint videos yet. Send me a photo or a screenshot.
        [animation] I can’t paint animations. Send me a photo or a screenshot.
        [voice] I can’t listen to audio. Send me a photo, or write a style’s name.
        [sticker] This sticker is animated. Send a static one or a painting as the style.
        [unseen] I don’t paint what only I can see: the painting would be for everyone here. Send the photo to the group, or to me in private.
       *[other] I can only paint pictures. Send me a photo, or an image as a file.
    }

## The local page: a chat without Telegram

page-visitor = Alex
page-guests = Ann | Ben | Cleo | Dan | Eve | Finn
page-guest = Guest
page-needs-javascript = This page needs JavaScript.
page-connecting = connecting…
page-waiting-for-bot = waiting for the bot…
page-online = online
page-typing = typing…
page-sending-photo = sending a photo…
page-sending-file = sending a file…
page-sending-video = sending a video…
page-choosing-sticker = choosing a sticker…
page-painting = painting…
page-doing = { $name } is { $action }
page-start = Start
page-welcome-picture = A valley that turns from a photograph into a painting
page-messages = Messages
page-new-messages = New messages
page-newest = To the newest message
page-newest-unread = To the newest message. Unread: { $count }
page-open-beside = Open a second chat
page-switch-theme = Light or dark
page-close-column = Close this column
page-menu = Menu
page-menu-of = Menu. You chat as { $name }
page-chat-as-name = You chat as { $name }
page-column-of = { $name } in { $chat }
page-invitation = Invitation
page-invited = A link to Atelier
page-not-now = Not now
page-commands = Commands
page-attachments = Attachments
page-attach = Attach
page-as-file = Send as file, uncompressed
page-message = Message
page-add-caption = Add a caption…
page-send = Send
page-photos-to-send = Photos to send
page-sticker-to-send = Picture to send as a sticker
page-photos = Photos
page-files = Files, uncompressed
page-as-sticker = A picture as a sticker
page-up-to = Up to { $most } at once, as in any album.
page-remove = Remove { $name }
page-drop-photos = Drop your photos here
page-drop-photos-why = to have them painted
page-drop-files = Drop here to send as files
page-drop-files-why = every pixel, uncompressed
page-you = You
page-somebody = Somebody
page-bot = Bot
page-photo = Photo
page-video = Video
page-sticker = Sticker
page-sticker-of = Sticker { $emoji }
page-voice = Voice message
page-file = File
page-edited = edited
page-only-you = Only you can see this
page-forwarded = Forwarded from { $name }
page-not-shown = This kind of message is not shown here.
page-hidden-text = Hidden text: reveal
page-reply = Reply
page-do-not-reply = Do not reply
page-forward = Forward
page-copy-text = Copy text
page-copied = Copied.
page-no-copying = This browser does not allow copying.
page-to-person = To { $name }
page-play-film = Play the video
page-picture = Picture
page-open-picture = Open picture
page-open-picture-of = Open picture: { $caption }
page-picture-gone = This picture is gone
page-open-file = Open { $name }
page-download = Download
page-download-file = Download { $name }
page-of-all = { $at } of { $all }
page-previous-picture = Previous picture
page-next-picture = Next picture
page-zoom = Zoom
page-compare = Before and after
page-before = Before
page-after = After
page-close = Close
page-chat-as = Chat as
page-chat-in = In
page-group = Group
page-add-member = Add somebody…
page-new-group = New group…
page-leave-group = Leave the group
page-clear-chat = Clear this chat
page-somebody-else = Somebody else…
page-new-name = Name of a new person
page-their-language = Their language
page-group-name = Name of the group
page-group-people = People in the group
page-group-maker = { $name } (creates it)
page-group-new = New group
page-make-group = Create the group
page-share-with = Share with
page-sent-by = From { $name }: “{ $words }”
page-copy-link = Copy the link
page-forward-to = Forward to
page-choose-chat = Choose a chat
page-add-to-group = Add to the group
page-today = Today
page-yesterday = Yesterday
page-made-group = { $name } created the group
page-joined = { $name } joined
page-added = { $name } added { $people }
page-left = { $name } left
page-removed = { $name } removed { $people }
page-supergroup = This group has become a supergroup
page-was-group = This was a group
page-named-group = { $name } named the group “{ $title }”
page-pinned = { $name } pinned a message
page-unreachable = The playground doesn’t answer. Is it still running?
page-refused = That didn’t work ({ $status }).
page-refused-failed = Something failed on the server. Its log says why.
page-refused-too-large = That is too large: 60 MB at most.
page-refused-unicode = That is not valid Unicode.
page-refused-address = There is no such address.
page-refused-chat = There is no such chat.
page-refused-group = There is no such group.
page-refused-user = There is no such user.
page-refused-message = That message is gone.
page-refused-button = That button is gone.
page-refused-file = This file is gone.
page-refused-forward = You can forward only from your own chats.
page-refused-name = A name has 1 to { $most } characters.
page-refused-title = A group’s title has 1 to { $most } characters.
page-refused-people = A group needs people.
page-refused-text = A message has at most { $most } characters.
page-refused-caption = A caption has at most { $most } characters.
page-refused-blank = Write something first.
page-refused-files = Send 1 to { $most } files at once.
page-refused-empty = “{ $name }” is empty.
page-refused-sticker-large = That picture is too large for a sticker.
page-refused-sticker-kind = That is not a picture, so it cannot be a sticker.
page-refused-not-member = You are not in this group.
page-refused-member = You are in this group already.
page-refused-last = The last member cannot leave a group.
page-refused-supergroup = This group is a supergroup now.
page-refused-blocked = You have blocked the bot. Unblock it first.

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
