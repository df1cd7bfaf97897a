# Todo lo que el bot dice en español. La gente lee frases, nunca códigos.
#
# Un nombre para cada cosa:
#   estilo       el aspecto de un cuadro: uno del bot o cualquier cuadro enviado
#   foto         lo que se pinta
#   cuadro       el resultado; también una obra enviada como estilo
#   imagen       cualquier imagen; si se mueve, es animada
#   ajustes      intensidad, colores, pincelada, rostros, calidad, tamaño
#   video        cómo se pintó un cuadro
#   en proceso   un cuadro en cola o que se está pintando
#   Ajustar, Mezclar, Intercambiar, Comparar, Pintar encima, Guardar estilo, Detener, Eliminar, Borrar (todos los datos)
#   De tú, sin regionalismos.

-bot = Atelier

## Los lugares propios de Telegram

bot-description =
    Envíame una foto, elige un estilo y la convierto en un cuadro. Cualquier cuadro que te guste también puede ser el estilo. Mira cómo el tuyo toma forma.
bot-short-description = Convierto tu foto en un cuadro, en el estilo que quieras.
language-name = Español
command-start = Empezar
command-paint = Pintar la imagen a la que respondes
command-styles = Todos los estilos, incluidos los tuyos
command-status = Tus cuadros en proceso
command-cancel = Detener tus cuadros
command-settings = Intensidad, colores, tamaño y más
command-language = Elegir idioma
command-help = Cómo funciona
command-privacy = Qué guardo y por cuánto tiempo
command-forget = Borrar todos tus datos
command-report = Denunciar el cuadro al que respondes
command-stats = Cifras de las últimas 24 horas
command-broadcast = Enviar un anuncio a todos
command-ban = Bloquear a un usuario
command-unban = Desbloquear a un usuario
command-drain = No empezar cuadros nuevos
command-resume = Volver a pintar

## Conversación

start =
    ¡Hola{ $name ->
        [none] {""}
       *[other] , { $name }
    }! Envíame una foto y la convierto en un cuadro.

    Luego elige un estilo o envía un cuadro que te guste. También puedes elegir el estilo antes.
start-group =
    ¡Hola{ $name ->
        [none] {""}
       *[other] , { $name }
    }! Responde a este mensaje con una foto y la convierto en un cuadro. También puedes elegir antes un estilo.
hello-group =
    ¡Hola! Convierto fotos en cuadros.

    Responde a una foto con /paint{ $bot } y elige un estilo, o nómbralo: /paint{ $bot } mosaico. También puedes enviar /paint{ $bot } y responder a mi mensaje con una foto.
hello-group-all =
    ¡Hola! Convierto fotos en cuadros.

    Envía una foto y menciona a { $bot } en su texto, o responde a una con /paint{ $bot }. También puedes nombrar un estilo: /paint{ $bot } mosaico.
help =
    1. Envía una foto. Para conservar toda la resolución, envíala como archivo.
    2. Toca un estilo y empiezo a pintar. También puedes escribir su nombre en el texto de la foto, o enviar un cuadro o un sticker como estilo. Todos los estilos: /styles.
    3. «⚙ Ajustar» cambia la intensidad, los colores, el tamaño y más. Tus ajustes predeterminados: /settings.

    Verás cómo el cuadro toma forma. /status muestra cuánto falta y /cancel lo detiene. Para pintar una imagen anterior, responde a ella con el nombre de un estilo o con un cuadro.
privacy =
    Qué guardo y por cuánto tiempo:

    • Las fotos y los cuadros que envías: hasta que tu cuadro esté listo, o un día más si no sale. Telegram guarda los originales; yo, una referencia.
    • Los cuadros terminados, sus videos y sus ajustes: unos días más, para que funcionen los botones.
    • Lo que ibas a pintar: hasta 90 días después del último cambio.
    • Tu ID, tu idioma, tus ajustes y tus estilos guardados: hasta que envíes /forget o pase un año sin que me uses.

    No comparto nada de esto ni lo uso para entrenar modelos. /forget lo borra todo al instante. Si te bloquean, solo guardo tu ID.
privacy-count =
    Cuántos cuadros tuviste en las últimas 24 horas, sin los cuadros: hasta que pasen esas horas, incluso después de /forget. Así funciona el límite diario.
privacy-samples =
    En nuestro chat privado, mientras eliges un estilo, pinto muestras pequeñas de tu foto si tengo tiempo. Las guardo un cuarto de hora como mucho; /forget también las borra.
privacy-reports =
    Cualquiera que vea un cuadro tuyo puede denunciarlo. Entonces quienes administran este bot reciben el cuadro, con tu ID y el de quien lo denunció. /forget no llega a esos mensajes.
privacy-guests =
    Si me mencionas en un chat en el que no estoy, solo veo ese mensaje y aquel al que responde. El cuadro se publica allí, y /forget no llega a él.
ask-style = Elige un estilo o envía un cuadro que te guste.
ask-blend = ¿Qué cuadro quieres mezclar? Envíalo o elige un estilo.
gallery = Elige un estilo y luego envíame una foto.
ask-style-group = Elige un estilo o responde a este mensaje con un cuadro que te guste.
ask-blend-group = ¿Qué cuadro quieres mezclar? Elige un estilo o responde con él a este mensaje.
gallery-group = Elige un estilo y luego responde a mi mensaje con una foto.
my-styles = Tus estilos guardados. Toca uno para pintar con él.
no-styles-yet = Aún no tienes estilos guardados. Envía una foto y un cuadro, y luego toca «⚙ Ajustar» y «⭐ Guardar estilo».
no-such-style = Ahora mismo no tengo ese estilo. Elige otro.
style-chosen = Estilo: { $style }. Ahora envíame una foto.
send-a-photo = Envíame una foto y la convierto en un cuadro.
style-chosen-group = Estilo: { $style }. Ahora responde a este mensaje con una foto.
send-a-photo-group = Responde a este mensaje con una foto y la convierto en un cuadro.
no-photos-here = No tengo permiso para enviar fotos aquí. Un administrador del grupo puede cambiarlo.
no-kind-here = { $kind ->
        [story] No tengo permiso para enviar videos aquí.
        [sticker] No tengo permiso para enviar stickers aquí.
        [video] El video es un GIF y no tengo permiso para enviar GIF aquí.
       *[file] No tengo permiso para enviar archivos aquí.
    } Un administrador del grupo puede cambiarlo.
paint-in-private = En nuestro chat privado siempre puedo pintar para ti.
button-private = 💬 Chat privado
not-here = Solo pinto en los chats que ha elegido quien me aloja.
guest-card = Voy a pintar esto al estilo de { $style }.
guest-start = Para pintar aquí necesito un chat contigo. Ábrelo, toca «Iniciar» y vuelve a pedírmelo aquí.
guest-help = Responde a una foto con mi nombre y un estilo, así: { $bot } mosaico
guest-no-style = No conozco ningún estilo llamado «{ $name }». Los más parecidos: { $styles }.
guest-voice = Aquí no puedo pintar para quien escribe como grupo o canal.
guest-in-private = Tu cuadro al estilo de { $style } está en nuestro chat privado.
guest-stopped = Detenido.
first-frame = Esa imagen es animada. Usaré el primer fotograma.
name-it = ¿Cómo llamamos a este estilo?
name-it-group = ¿Cómo llamamos a este estilo? Responde a este mensaje con un nombre.
style-kept = Guardado como «{ $name }». Está en /styles, o escribe su nombre en el texto de una foto.
style-gone = Eliminado.
too-many-styles = Ya tienes { $most } estilos guardados. Elimina uno primero: /styles.
nothing-to-keep = Ya no hay nada que guardar. Envía otra vez la foto y el cuadro.
tap-paint = Ya tengo las dos imágenes. Toca «🖌 Pintar» o envía otro cuadro.
ready = ¿Pinto esta foto al estilo de { $style }?
adjust = Estilo: { $style }
counter-live = { $count ->
        [one] { $count } cuadro en proceso (hasta { $limit } a la vez).
       *[other] { $count } cuadros en proceso (hasta { $limit } a la vez).
    }
counter-today = Últimas 24 horas: { $count } de { $limit ->
        [one] { $limit } cuadro.
       *[other] { $limit } cuadros.
    }
your-paintings = { $count ->
        [one] tu cuadro
       *[other] tus { $count } cuadros
    }
lost-style = un estilo que ya no tengo
work = «{ $title }»{ $artist ->
        [none] {""}
       *[other] , de { $artist }
    }{ $year ->
        [none] {""}
       *[other] , { $year }
    }
credit = Inspirado en { $work }{ $owner ->
        [none] {""}
       *[other] . { $owner }
    }
share = Convierte tu foto en un cuadro al estilo de { $style }
shared = Pintado al estilo de { $style }
button-paint-mine = 🖌 Pinta mi foto
button-strength-photo = Intensidad ●○○
button-strength-balanced = Intensidad ●●○
button-strength-painting = Intensidad ●●●
button-colours-painting = ○ Colores de la foto
button-colours-mine = ✓ Colores de la foto
button-stroke-fine = Pincelada ●○○
button-stroke-medium = Pincelada ●●○
button-stroke-broad = Pincelada ●●●
button-faces-keep = ✓ Conservar rostros
button-faces-paint = ○ Conservar rostros
button-quality-draft = Calidad ●○○
button-quality-normal = Calidad ●●○
button-quality-fine = Calidad ●●●
button-size = ⤢ { $size }{ $time ->
        [none] {""}
       *[other] {" "}· unos { $time }
    }
size-384 = Pequeño
size-512 = Mediano
size-768 = Grande
size-1024 = Muy grande
size-1536 = Enorme
size-2048 = Póster
size-pixels = { $size } px
brief-seconds = { $count } s
brief-minutes = { $count } min
button-swap = ⇄ Intercambiar
button-new-photo = 📷 Foto nueva
button-blend = ➕ Mezclar
button-keep = ⭐ Guardar estilo
button-paint = 🖌 Pintar
button-surprise = 🎲 Sorpréndeme
button-last = ↺ Último estilo
button-mine = ⭐ Mis estilos
button-gallery = 🖼 Todos los estilos
button-back = ‹ Volver
button-let-go = ✕ Eliminar
button-cancel = ✕ Detener
button-cancel-number = ✕ Detener { $number }
button-again = 🔁 Otra vez
button-stronger = + Más fuerte
button-softer = − Más suave
button-other = 🖼 Otro estilo
button-adjust = ⚙ Ajustar
button-more = Más…
button-bigger = ⤢ Más grande
button-compare = ↔ Comparar
button-file = 📄 Archivo
button-film = 🎬 Video
button-story = 📱 Para historias, 9:16
button-sticker = 🙂 Sticker
button-next = ➜ Pintar encima
button-share = ↗ Compartir
button-report = ⚑ Denunciar
button-flag = ⚑ Denunciar
button-delete = 🗑 Eliminar
button-erase = 🗑 Eliminar
button-retry = 🔁 Reintentar
button-show = 🖼 Enviarlo aquí
button-send = 🖼 Enviar { $number }
button-show-private = 💬 Enviarlo en privado
started-over = Cancelado. Envíame una foto cuando quieras.
extra-pictures = La primera imagen es la foto y las { $most } siguientes son los estilos. Omití el resto.
blend-full = Una mezcla admite hasta { $most } cuadros, así que dejé fuera los demás.
painting-each = Estoy pintando las { $count } fotos.
painting-some = Estoy pintando { $count } de { $all } fotos.
photo-put-aside = Dejé aparte tu foto anterior. Para pintarla, responde a ella con un estilo.
photo-waits = La última foto que enviaste sigue esperando un estilo.
no-style-by-name = No conozco ningún estilo llamado «{ $name }». ¿Te refieres a uno de estos?

## Lo de cada persona

status = { $count ->
        [0] No tienes cuadros en proceso.
        [one] { $count } cuadro en proceso (hasta { $limit } a la vez).
       *[other] { $count } cuadros en proceso (hasta { $limit } a la vez).
    }
status-running = Estilo: { $style }. { $percent }% listo{ $eta ->
        [none] {""}
       *[other] , listo en aproximadamente { $eta }
    }.
status-queued = Estilo: { $style }. { $position ->
        [0] Es el siguiente
        [one] { $position } cuadro antes
       *[other] { $position } cuadros antes
    }{ $eta ->
        [none] {""}
       *[other] , listo en aproximadamente { $eta }
    }.
status-held = Estilo: { $style }. Terminado, pero no pude enviarlo.
settings = Tus ajustes predeterminados:
recipe = { $strength ->
        [photo] Intensidad baja
        [painting] Intensidad máxima
       *[balanced] Intensidad media
    } · { $colours ->
        [mine] colores de la foto
       *[painting] colores del cuadro
    } · { $stroke ->
        [fine] pincelada fina
        [broad] pincelada gruesa
       *[medium] pincelada media
    }{ $faces ->
        [paint] {" "}· sin conservar rostros
       *[keep] {""}
    } · { $quality ->
        [draft] calidad de borrador
        [fine] máxima calidad
       *[normal] buena calidad
    } · tamaño: { $size }
language = ¿En qué idioma hablamos?
button-as-telegram = Como en Telegram
forget = ¿Borrar todos tus datos: cuadros, estilos guardados y ajustes? También se detienen tus cuadros en proceso. Esto no se puede deshacer.
button-forget = 🗑 Borrar todo
button-keep-all = Conservar todo
not-forgotten = No se borró nada.
forgotten = Borrado: { $count ->
        [0] {""}
        [one] { $count } cuadro,{" "}
       *[other] { $count } cuadros,{" "}
    }tus estilos, tus ajustes y tu idioma. { $left ->
        [0] Lo comprobé: no queda nada.
        [one] Queda { $left } elemento. Envía /forget otra vez.
       *[other] Quedan { $left } elementos. Envía /forget otra vez.
    } Los mensajes de este chat puedes borrarlos tú.
forgotten-but-count =
    Solo queda un número: tuviste { $count ->
        [one] { $count } cuadro
       *[other] { $count } cuadros
    } en las últimas 24 horas. Desaparece cuando pasen.
stopped-and-forgotten = Detenido y borrado.

## Para admins

stats =
    Usuarios: { $people }
    En cola: { $queued }, pintando: { $running }, workers: { $workers }
    Últimas 24 horas: { $done } terminados, { $failed } fallidos, { $cancelled } detenidos, de { $owners ->
        [one] { $owners } usuario
        [many] { $owners } de usuarios
       *[other] { $owners } usuarios
    }
    { $seconds ->
        [none] No se pintó nada.
       *[other] Promedio por cuadro: { $seconds }.
    }
refused = Rechazos en las últimas 24 horas:
refused-kind = • { $kind ->
        [banned] usuarios bloqueados
        [elsewhere] mensajes en otros chats
        [not-a-picture] mensajes sin imagen
        [forbidden] sin permiso para enviar imágenes
        [forbidden-kind] sin permiso para enviar archivos, videos o stickers
        [refused] cuadros que Telegram no aceptó
        [image-unreadable] imágenes que no se abren
        [image-damaged] imágenes dañadas
        [image-video] videos
        [image-kind] archivos de otro tipo
        [image-truncated] imágenes incompletas
        [image-too-large] imágenes demasiado grandes
        [image-too-small] imágenes demasiado pequeñas
        [image-too-narrow] imágenes demasiado alargadas
        [image-too-slow] imágenes que tardan demasiado
        [image-gone] imágenes que Telegram no entrega
        [image-unavailable] imágenes que Telegram no entrega
        [preset-unknown] estilos que ya no están
        [too-many-today] límite diario
        [too-many-jobs] límite de cuadros a la vez
       *[other] otros motivos
    }: { $count }
drained = No empezarán cuadros nuevos; los que están en proceso se terminarán. Para reanudar: /resume.
resumed = Vuelvo a pintar.
broadcast-what = Escribe el anuncio después del comando: /broadcast ¡Buenos días!
broadcast-sure = ¿Enviar esto a { $count ->
        [one] { $count } usuario
        [many] { $count } de usuarios
       *[other] { $count } usuarios
    }?
button-tell-all = 📣 Enviar
button-tell-none = ✕ No enviar
broadcast-begun = Enviando el anuncio.
broadcast-over = Anuncio enviado. Entregados: { $told }; no entregados: { $gone }.
not-broadcast = No se envió nada.
button-ban = ✕ Bloquear a { $user }
button-withdraw = 🗑 Eliminar el cuadro
reported =
    Denunciaron un cuadro. Estilo: { $style }.

    Lo pidió el usuario { $user } en el chat { $chat }.
    Lo denunció el usuario { $reporter }.
withdrawn = Retirado por quienes administran este bot.
ban-whom = Responde a un mensaje del usuario o escribe su ID después del comando. No se puede bloquear a los admins.
banned = Usuario { $person } bloqueado.
unbanned = Usuario { $person } desbloqueado.

## Un cuadro en camino

preparing = Preparando el lienzo…
queued = { $position ->
        [0] El tuyo es el siguiente.
        [one] { $position } cuadro antes del tuyo.
       *[other] { $position } cuadros antes del tuyo.
    }{ $eta ->
        [none] {""}
       *[other] {" "}Listo en aproximadamente { $eta }.
    }
waiting-for-painter = El pintor aún no está listo; tu cuadro esperará. { $position ->
        [0] El tuyo es el siguiente.
        [one] { $position } cuadro antes del tuyo.
       *[other] { $position } cuadros antes del tuyo.
    }
painting = { $bar } { $percent }%
    Pintando al estilo de { $style }{ $eta ->
        [none] …
       *[other] , listo en aproximadamente { $eta }.
    }
seconds = { $count ->
        [one] un segundo
       *[other] { $count } segundos
    }
minutes = { $count ->
        [one] un minuto
       *[other] { $count } minutos
    }
hours = { $count ->
        [one] una hora
       *[other] { $count } horas
    }
card = Tu foto, al estilo de { $style }.
done = Al estilo de { $style } · { $time }
held-forbidden = Tu cuadro en el estilo de { $style } está listo, pero no tengo permiso para enviar imágenes al grupo. Un administrador puede cambiarlo. Lo guardo unos días.
held-refused = Tu cuadro en el estilo de { $style } está listo, pero Telegram no lo aceptó. Lo guardo unos días; puedes intentarlo de nuevo.
pixels = { $width } × { $height } píxeles
note-eased = Hay mucha demanda, así que lo pinté más pequeño de lo que pediste ({ $asked }). Cuando haya menos, toca «Más…» y «⤢ Más grande».
note-photo-smaller-than-size = Tu foto es pequeña, así que el cuadro también.
note-painting-smaller-than-canvas = El cuadro que enviaste es pequeño. Con uno más grande, la pincelada será más fina.
note-painted-in-tiles = Es muy grande, así que lo pinté por partes. Eso lleva más tiempo.
note-painted-by-adam = Es muy grande, así que lo pinté de una forma que usa menos memoria.
note-painted-smaller = No hubo memoria para el tamaño que pediste, así que es más pequeño.
note-animation-first-frame = Una de tus imágenes es animada. Usé el primer fotograma.
note-picture-incomplete = Una de tus imágenes está dañada. Completé lo que faltaba abajo.
cancelled = Detenido. ¿Cambiaste de idea? Toca «🔁 Reintentar».
cancelling = Deteniendo…
cancelled-jobs = { $count ->
        [0] No tienes cuadros en proceso.
        [one] Detuve tu cuadro.
       *[other] Detuve tus { $count } cuadros.
    }
too-late = Ese cuadro ya no está en proceso.
already-sent = Ya envié este cuadro.
not-yours = Solo puede hacerlo quien pidió este cuadro.
not-yours-but-report = Solo puede hacerlo quien pidió este cuadro. Para denunciar el cuadro, responde a él con /report.
report-sure = ¿Denunciar este cuadro? Quienes administran este bot lo verán, con tu ID y el de quien lo pidió.
report-sure-tap = ¿Denunciar este cuadro? Quienes administran este bot lo verán, con tu ID y el de su dueño. Para confirmar, toca otra vez «⚑ Denunciar».
report-thanks = Gracias. Quienes administran este bot lo revisarán.
report-enough = Hoy ya denunciaste varios cuadros. Espera hasta mañana.
painting-gone = Ya no tengo este cuadro.
report-failed = No pude avisar a quienes administran este bot. Inténtalo más tarde.
report-what = Responde a un cuadro mío con /report.
file-gone = Ya no tengo este archivo. Toca «🔁 Otra vez» y lo pinto de nuevo.
film-gone = No hay video de este cuadro.
making-story = Lo preparo: unos segundos…
story-busy = Ya estoy preparando varios videos. Inténtalo de nuevo en un minuto.
delete-sure = ¿Eliminar este cuadro? Esto no se puede deshacer.
deleted = Eliminado.
not-deleted = Telegram no me dejó eliminar este cuadro, así que sigue ahí. En un grupo puede eliminarlo un administrador.
no-stronger = Ya tiene la intensidad máxima.
no-softer = Ya tiene la intensidad mínima.
no-bigger = Este es el tamaño más grande.
already-begun = Ya empecé este cuadro. Detenlo, o toca «🖼 Otro estilo» cuando esté listo.
already-painted = Ese cuadro ya está en proceso.
old-button = Este botón ya no funciona. Envíame una foto para empezar de nuevo.

## Errores, por código

error-image-unreadable = No pude abrir esta imagen. Envía un JPEG, PNG, WebP, AVIF o HEIC.
error-image-damaged = Este archivo de imagen está dañado. Guárdalo de nuevo o envíalo como foto.
error-image-video = Esto es un video. Todavía no pinto videos: envía una foto o una captura.
error-image-kind = { $kind ->
        [unknown] No puedo abrir este tipo de archivo.
       *[other] No puedo abrir archivos { $kind }.
    } Guárdalo como JPEG y envíalo otra vez.
error-image-truncated = { $percent ->
        [0] Esta imagen llegó incompleta.
       *[other] De esta imagen solo llegó el { $percent } %.
    } Envíala otra vez.
error-image-too-large = Esta imagen es demasiado grande: { $megabytes ->
        [0] 80 megapíxeles
       *[other] { $megabytes } MB y 80 megapíxeles
    } como máximo, menos en algunos formatos. Prueba con un JPEG más pequeño.
error-image-too-small = Esta imagen es demasiado pequeña: cada lado necesita al menos 64 píxeles. Envía una más grande.
error-image-too-narrow = Esta imagen es demasiado alargada: 20:1 como máximo. Recórtala y envíala otra vez.
error-image-too-slow = Esta imagen tarda demasiado en abrirse. Guárdala como JPEG o PNG y envíala otra vez.
error-recipe-invalid = No puedo pintar con estos ajustes. Cámbialos en /settings.
error-preset-unknown = Ya no tengo ese estilo. Elige otro.
error-too-many-today = Llegaste al límite de { $limit ->
        [one] { $limit } cuadro
       *[other] { $limit } cuadros
    } en 24 horas. Podrás pintar otra vez en { $hours ->
        [one] una hora
       *[other] { $hours } horas
    }.
error-too-many-jobs = Ya tienes { $limit ->
        [one] { $limit } cuadro
       *[other] { $limit } cuadros
    } en proceso, el máximo a la vez. Espera a que termine uno o detén uno: /status.
error-painting-diverged = La foto y el estilo no combinaron bien. Prueba con otra intensidad u otro estilo.
error-out-of-memory = Este cuadro no cabía en la memoria. Prueba con un tamaño o una foto más pequeños.
error-worker-lost = Este cuadro se interrumpió tres veces. Inténtalo de nuevo o usa otra foto.
error-queue-unavailable = No puedo acceder a mis datos ahora mismo. No se perdió nada: sigo en cuanto vuelvan.
error-storage-full = Me quedé sin espacio. Inténtalo más tarde; tus imágenes siguen aquí.
error-image-unavailable = Telegram no me entrega esa imagen en este momento. Inténtalo de nuevo en un minuto o vuelve a enviarla.
error-image-gone = Ya no tengo esa imagen. Envíala otra vez.
put-aside = Eso falló varias veces, así que lo omití. Prueba con otra cosa.
error-internal = Algo salió mal de mi lado y ya quedó registrado. Inténtalo de nuevo.
not-a-picture = { $kind ->
        [video] Todavía no puedo pintar videos. Envíame una foto o una captura.
        [animation] No puedo pintar animaciones. Envíame una foto o una captura.
        [voice] No puedo escuchar audios. Envíame una foto o escribe el nombre de un estilo.
        [sticker] Este sticker es animado. Envía uno estático o un cuadro como estilo.
        [unseen] No pinto lo que solo yo puedo ver: el cuadro lo verían todos aquí. Envía la foto al grupo o a mí en privado.
       *[other] Solo puedo pintar imágenes. Envíame una foto, o una imagen como archivo.
    }

## La página local: un chat sin Telegram

page-visitor = Alex
page-guests = Ana | Bruno | Clara | Diego | Eva | Félix
page-guest = Invitado
page-needs-javascript = Esta página necesita JavaScript.
page-connecting = conectando…
page-waiting-for-bot = esperando al bot…
page-online = en línea
page-typing = escribiendo…
page-sending-photo = enviando una foto…
page-sending-file = enviando un archivo…
page-sending-video = enviando un video…
page-choosing-sticker = eligiendo un sticker…
page-painting = pintando…
page-doing = { $name } está { $action }
page-start = Empezar
page-welcome-picture = Un valle que pasa de fotografía a cuadro
page-messages = Mensajes
page-new-messages = Mensajes nuevos
page-newest = Ir al último mensaje
page-newest-unread = Ir al último mensaje. Sin leer: { $count }
page-open-beside = Abrir un segundo chat
page-switch-theme = Claro u oscuro
page-close-column = Cerrar esta columna
page-menu = Menú
page-menu-of = Menú. Chateas como { $name }
page-chat-as-name = Chateas como { $name }
page-column-of = { $name } en { $chat }
page-invitation = Invitación
page-invited = Un enlace a Atelier
page-not-now = Ahora no
page-commands = Comandos
page-attachments = Adjuntos
page-attach = Adjuntar
page-as-file = Enviar como archivo, sin comprimir
page-message = Mensaje
page-add-caption = Añade un texto…
page-send = Enviar
page-photos-to-send = Fotos para enviar
page-sticker-to-send = Imagen para enviar como sticker
page-photos = Fotos
page-files = Archivos, sin comprimir
page-as-sticker = Una imagen como sticker
page-up-to = Hasta { $most } a la vez, como en cualquier álbum.
page-remove = Quitar { $name }
page-drop-photos = Suelta aquí tus fotos
page-drop-photos-why = para convertirlas en cuadros
page-drop-files = Suelta aquí para enviar como archivos
page-drop-files-why = cada píxel, sin comprimir
page-you = Tú
page-somebody = Alguien
page-bot = Bot
page-photo = Foto
page-video = Video
page-sticker = Sticker
page-sticker-of = Sticker { $emoji }
page-voice = Mensaje de voz
page-file = Archivo
page-edited = editado
page-only-you = Solo tú puedes ver esto
page-forwarded = Reenviado de { $name }
page-not-shown = Este tipo de mensaje no se muestra aquí.
page-hidden-text = Texto oculto: mostrar
page-reply = Responder
page-do-not-reply = No responder
page-forward = Reenviar
page-copy-text = Copiar texto
page-copied = Copiado.
page-no-copying = Este navegador no permite copiar.
page-to-person = Para { $name }
page-play-film = Reproducir el video
page-picture = Imagen
page-open-picture = Abrir imagen
page-open-picture-of = Abrir imagen: { $caption }
page-picture-gone = Esta imagen ya no está
page-open-file = Abrir { $name }
page-download = Descargar
page-download-file = Descargar { $name }
page-of-all = { $at } de { $all }
page-previous-picture = Imagen anterior
page-next-picture = Imagen siguiente
page-zoom = Ampliar
page-compare = Antes y después
page-before = Antes
page-after = Después
page-close = Cerrar
page-chat-as = Chatear como
page-chat-in = En
page-group = Grupo
page-add-member = Añadir a alguien…
page-new-group = Nuevo grupo…
page-leave-group = Salir del grupo
page-clear-chat = Vaciar este chat
page-somebody-else = Otra persona…
page-new-name = Nombre de la nueva persona
page-their-language = Su idioma
page-group-name = Nombre del grupo
page-group-people = Personas del grupo
page-group-maker = { $name } (lo crea)
page-group-new = Nuevo grupo
page-make-group = Crear el grupo
page-share-with = Compartir con
page-sent-by = De { $name }: «{ $words }»
page-copy-link = Copiar el enlace
page-forward-to = Reenviar a
page-choose-chat = Elige un chat
page-add-to-group = Añadir al grupo
page-today = Hoy
page-yesterday = Ayer
page-made-group = { $name } creó el grupo
page-joined = { $name } entró en el grupo
page-added = { $name } añadió a { $people }
page-left = { $name } salió del grupo
page-removed = { $name } eliminó a { $people }
page-supergroup = Este grupo ahora es un supergrupo
page-was-group = Esto era un grupo
page-named-group = { $name } llamó al grupo «{ $title }»
page-pinned = { $name } fijó un mensaje
page-unreachable = La página no responde. ¿Sigue en marcha el programa?
page-refused = No ha funcionado ({ $status }).
page-refused-failed = Algo ha fallado en el servidor. El registro dice por qué.
page-refused-too-large = Es demasiado grande: 60 MB como máximo.
page-refused-unicode = No es Unicode válido.
page-refused-address = Esa dirección no existe.
page-refused-chat = Ese chat no existe.
page-refused-group = Ese grupo no existe.
page-refused-user = Ese usuario no existe.
page-refused-message = Ese mensaje ya no está.
page-refused-button = Ese botón ya no está.
page-refused-file = Este archivo ya no está.
page-refused-forward = Solo puedes reenviar desde tus propios chats.
page-refused-name = Un nombre tiene de 1 a { $most } caracteres.
page-refused-title = El nombre de un grupo tiene de 1 a { $most } caracteres.
page-refused-people = Un grupo necesita personas.
page-refused-text = Un mensaje tiene como máximo { $most } caracteres.
page-refused-caption = El texto de una foto tiene como máximo { $most } caracteres.
page-refused-blank = Escribe algo antes.
page-refused-files = Envía de 1 a { $most } archivos a la vez.
page-refused-empty = «{ $name }» está vacío.
page-refused-sticker-large = Esa imagen es demasiado grande para un sticker.
page-refused-sticker-kind = No es una imagen, así que no puede ser un sticker.
page-refused-not-member = No estás en este grupo.
page-refused-member = Ya estás en este grupo.
page-refused-last = El último miembro no puede salir del grupo.
page-refused-supergroup = Este grupo ahora es un supergrupo.
page-refused-blocked = Has bloqueado el bot. Desbloquéalo antes.

## Palabras alrededor del nombre de un estilo en un mensaje

name-leads = como | estilo | estilo de | al estilo de | en el estilo de | a la manera de | con | por | en
name-fillers = el | la | los | las | un | una | de | por favor | gracias | estilo | en | pinta | píntalo | puedes | mi foto | la foto
name-openings = en
name-refusals = sin

## Títulos de los estilos

style-swirling-night = Noche de remolinos
    .also = Remolinos | Remolino
style-woodblock-waves = Olas xilográficas
    .also = Xilografía | Grabado japonés | Grabado en madera
style-stained-glass = Vidriera
    .also = Vidrieras | Vitral | Vitrales
style-mosaic = Mosaico
    .also = Mosaicos
style-rainy-avenue = Avenida bajo la lluvia
    .also = Espátula | Empaste | Fauvismo | Fauvista
style-copper-etching = Grabado en cobre
    .also = Grabado | Aguafuerte
style-dappled-harbour = Puerto puntillista
    .also = Puntillismo | Puntillista | Puntos | Divisionismo
style-watercolour-hills = Colinas en acuarela
    .also = Acuarela | Acuarelas | Boceto
style-ink-mountains = Montañas de tinta
    .also = Tinta | Tinta china | Pintura china
style-golden-tree = Árbol dorado
    .also = Pan de oro | Modernismo | Oro
style-cubist-facets = Facetas cubistas
    .also = Cubismo | Cubista
style-chalk-rooftops = Tejados de tiza
    .also = Tiza | Pastel | Pasteles
style-primary-grid = Cuadrícula primaria
    .also = Cuadrícula | Neoplasticismo
style-starry-night = La noche estrellada
style-cafe-terrace-at-night = Terraza de café por la noche
style-wheat-field-with-cypresses = Campo de trigo con cipreses
style-irises = Lirios
    .also = Los lirios
style-great-wave = La gran ola de Kanagawa
    .also = La gran ola
style-red-fuji = Fuji rojo
    .also = Viento del sur, cielo claro
style-plum-park-in-kameido = Jardín de ciruelos en Kameido
style-impression-sunrise = Impresión, sol naciente
style-water-lilies = Nenúfares
    .also = Los nenúfares
style-woman-with-a-parasol = Mujer con sombrilla
style-la-grande-jatte = Tarde de domingo en la isla de la Grande Jatte
style-the-kiss-klimt = El beso
style-adele-bloch-bauer = Retrato de Adele Bloch-Bauer I
style-girl-with-a-pearl-earring = La joven de la perla
style-rain-steam-and-speed = Lluvia, vapor y velocidad
style-shipwreck-of-the-minotaur = El naufragio del Minotauro
style-mont-sainte-victoire = La montaña Sainte-Victoire
style-large-blue-horses = Los grandes caballos azules
style-four-trees = Cuatro árboles
style-ninth-wave = La novena ola
style-the-scream = El grito
style-composition-vii = Composición VII
style-composition-viii = Composición VIII
style-senecio = Senecio

## Artistas

artist-van-gogh = Vincent van Gogh
artist-hokusai = Katsushika Hokusai
artist-hiroshige = Utagawa Hiroshige
artist-monet = Claude Monet
artist-seurat = Georges Seurat
artist-klimt = Gustav Klimt
artist-vermeer = Johannes Vermeer
artist-turner = J. M. W. Turner
artist-cezanne = Paul Cézanne
artist-marc = Franz Marc
artist-schiele = Egon Schiele
artist-aivazovsky = Iván Aivazovski
artist-munch = Edvard Munch
artist-kandinsky = Vasili Kandinski
artist-klee = Paul Klee
